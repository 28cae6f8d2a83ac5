"""Registration of the webhooks, and the virtual node."""

import base64

from harness import LOOPBACK, wait_for
from suite import Topic

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1"
KINDS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")


class Registration(Topic):
    def stored(self):
        return {kind: self.api.get(f"{WEBHOOKS}/{kind}/iot-edge-connector") for kind in KINDS}

    def versions(self):
        return {kind: stored["metadata"]["resourceVersion"] for kind, stored in self.stored().items()}

    def test_a_second_registration_changes_nothing(self):
        before = self.versions()
        self.assertEqual(self.test_run.register(), "".join(f"{kind}/iot-edge-connector unchanged\n" for kind in KINDS))
        self.assertEqual(self.versions(), before)

    def test_every_webhook_is_called_by_url_with_our_ca(self):
        authority = (self.test_run.certificates / "ca.crt").read_bytes()
        base = f"https://{LOOPBACK}:{self.test_run.webhook_port}"
        found = [(hook["name"], hook["clientConfig"]) for kind in KINDS for hook in self.stored()[kind]["webhooks"]]
        self.assertEqual(
            [name for name, _ in found],
            [
                "deployments.mutate.iot-edge-connector.io",
                "deployments.validate.iot-edge-connector.io",
                "configmaps.validate.iot-edge-connector.io",
            ],
        )
        for (_, config), path in zip(found, ("/mutate", "/validate", "/validate")):
            self.assertEqual(config["url"], base + path)
            self.assertNotIn("service", config)
            self.assertEqual(base64.b64decode(config["caBundle"]), authority)

    def test_what_someone_else_changed_is_put_right(self):
        hook = self.stored()[KINDS[1]]["webhooks"]
        hook[0]["failurePolicy"] = "Ignore"
        self.api.patch(f"{WEBHOOKS}/{KINDS[1]}/iot-edge-connector", {"webhooks": hook})
        self.assertEqual(
            self.test_run.register(),
            f"{KINDS[0]}/iot-edge-connector unchanged\n" f"{KINDS[1]}/iot-edge-connector configured\n",
        )
        self.assertEqual(self.stored()[KINDS[1]]["webhooks"][0]["failurePolicy"], "Fail")

    def test_a_missing_ca_is_told(self):
        status, _, errors = self.test_run.connector_command(
            "register",
            "--url",
            "https://127.0.0.1:1",
            "--ca",
            "/nonexistent/ca.crt",
            "--kubeconfig",
            self.test_run.control_plane.kubeconfig(),
        )
        self.assertEqual(status, 1)
        self.assertIn("/nonexistent/ca.crt", errors)


class Node(Topic):
    NAME = "iot-edge-connector-hub0"

    def stored(self):
        return self.api.get(f"/api/v1/nodes/{self.NAME}")

    def test_kubectl_shows_it_ready_with_the_role_agent(self):
        columns = self.ns.kubectl("get", "node", self.NAME, "--no-headers").split()
        self.assertEqual(columns[:3], [self.NAME, "Ready", "agent"])
        self.assertRegex(columns[4], r"^v1\.36\.3-iot-edge-connector-\d+\.\d+\.\d+$")

    def test_it_has_both_taints_and_no_other(self):
        taints = wait_for(
            "the control plane's own taints to go",
            lambda: self.stored()["spec"].get("taints", []),
            lambda taints: len(taints) == 2,
        )
        self.assertEqual(
            sorted((t["key"], t.get("value"), t["effect"]) for t in taints),
            [("iot-edge-connector/edge", None, "NoSchedule"), ("virtual-kubelet.io/provider", "iotedge", "NoSchedule")],
        )

    def test_its_labels(self):
        labels = self.stored()["metadata"]["labels"]
        for name, value in {
            "type": "virtual-kubelet",
            "kubernetes.io/role": "agent",
            "kubernetes.io/hostname": self.NAME,
            "kubernetes.io/os": "linux",
            "beta.kubernetes.io/os": "linux",
            "alpha.service-controller.kubernetes.io/exclude-balancer": "true",
            "node.kubernetes.io/exclude-from-external-load-balancers": "true",
            "kubernetes.azure.com/managed": "false",
        }.items():
            self.assertEqual(labels.get(name), value, name)
        self.assertIn("node.kubernetes.io/exclude-disruption", labels)

    def test_the_hub_is_reachable_as_the_connector_says(self):
        wait_for(
            "condition HubReachable to be True",
            lambda: self.node_conditions().get("HubReachable"),
            lambda condition: condition and condition["status"] == "True",
        )
        self.assertEqual(self.node_conditions()["NetworkUnavailable"]["status"], "False")

    def test_its_lease_is_renewed(self):
        def renewed():
            lease = self.api.get(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{self.NAME}")
            return lease and lease["spec"]["renewTime"]

        first = wait_for("the node's lease", renewed)
        wait_for("the node's lease to be renewed", renewed, lambda now: now != first)

    def test_a_stop_leaves_the_node(self):
        before = self.stored()
        self.node.stop()
        after = self.stored()
        self.assertEqual(after["metadata"]["uid"], before["metadata"]["uid"])
        self.assertEqual(self.node_conditions()["Ready"]["status"], "True")
        self.node.start()
        self.node.logged(r"nodes of hub0")
        self.assertEqual(self.stored()["metadata"]["uid"], before["metadata"]["uid"])
