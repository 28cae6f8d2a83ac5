"""Admission: what is refused and how kubectl says it; what never waits for us; that it has no side effects."""

import contextlib
import json
import re
import time

from harness import PROJECT, SAMPLES, free_port, never_within, wait_for
from objects import config_map, edge_deployment, plain_deployment
from suite import Topic

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1"
KINDS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
VALIDATING = "deployments.validate.iot-edge-connector.io"


class NoSideEffects(Topic):
    # Without a change in the cluster nothing is listed within a test.
    sync = {"resync": "60s"}

    def set_up(self):
        super().set_up()
        wait_for("the first pass over the hub", self.connector.metrics, lambda m: m['sync_passes_total{hub="hub0"}'] > 0)

    def test_a_dry_run_calls_no_hub(self):
        since = self.emulator.last_call()
        output = self.ns.kubectl("apply", "--dry-run=server", "-f", SAMPLES / "sample01.yaml")
        self.assertIn("deployment.apps/sampledeploy01 created (server dry run)", output)
        never_within("a call after a dry run", lambda: self.emulator.calls(since), 1)

    def test_what_is_admitted_but_not_stored_calls_no_hub(self):
        quota = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "none"},
            "spec": {"hard": {"count/deployments.apps": "0"}},
        }
        quotas = f"/api/v1/namespaces/{self.ns.name}/resourcequotas"
        self.api.create(quotas, quota)
        try:
            wait_for(
                "the quota to hold",
                lambda: self.api.get(f"{quotas}/none").get("status"),
                lambda status: status and "hard" in status,
            )
            before, since = self.connector.metrics()["webhook_http_requests_total"], self.emulator.last_call()
            status, _, errors = self.ns.kubectl_try("apply", "-f", "-", stdin=edge_deployment("over-quota"))
            self.assertNotEqual(status, 0)
            self.assertIn("exceeded quota", errors)
            self.assertGreater(self.connector.metrics()["webhook_http_requests_total"], before)
            never_within("a call after an admission", lambda: self.emulator.calls(since), 1)
        finally:
            self.api.delete(f"{quotas}/none")


class Admission(Topic):
    # How the API server sees the webhook. A change takes a moment to be heeded.

    def dry_run(self):
        """What a dry run of an edge Deployment says."""
        status, output, errors = self.ns.kubectl_try(
            "apply", "--dry-run=server", "-f", "-", stdin=edge_deployment("probe")
        )
        return status, output + errors

    def wait_webhook(self, what, check):
        wait_for(f"the API server to find {what}", self.dry_run, lambda seen: check(*seen))

    @contextlib.contextmanager
    def webhook_down(self):
        """Nothing listens where the webhook is registered; the connector's sync works on."""
        right = self.test_run.webhook_port
        self.test_run.webhook_port = free_port()
        try:
            self.test_run.register()
        finally:
            self.test_run.webhook_port = right
        try:
            self.wait_webhook("nobody at the webhook's address", lambda status, text: status != 0 and "refused" in text)
            yield
        finally:
            self.test_run.register()
            self.wait_webhook("the webhook", lambda status, text: status == 0)

    def reviews(self):
        return self.connector.metrics()["webhook_http_requests_total"]

    # Refusals.

    def test_four_errors_are_named_as_kubectl_names_its_own(self):
        status, output, errors = self.ns.kubectl_try("apply", "-f", PROJECT / "demo" / "bad.yaml")
        self.assertEqual(status, 1)
        self.assertEqual(output, "")
        self.assertEqual(errors, (PROJECT / "demo" / "bad.expected").read_text())
        self.assertIsNone(self.ns.get("deployments", "mistaken"))

    def test_what_is_missing_is_completed(self):
        self.ns.apply(edge_deployment("complete"))
        spec = self.ns.get("deployments", "complete")["spec"]
        self.assertEqual(
            spec["template"]["metadata"]["annotations"],
            {
                "isEdgeDeployment": "true",
                "targetCondition": "tags.testtag='A'",
                "priority": "10",
                "loggingOptions": "",
                "sidecar.istio.io/inject": "false",
            },
        )
        self.assertEqual(
            spec["strategy"], {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "100%"}}
        )
        self.assertEqual(spec["progressDeadlineSeconds"], 3600)
        self.assertEqual(spec["template"]["spec"]["schedulingGates"], [{"name": "iot-edge-connector/placement"}])
        affinity = spec["template"]["spec"]["affinity"]["podAntiAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ]
        self.assertEqual([term["topologyKey"] for term in affinity], ["kubernetes.io/hostname"])

    def test_a_mistyped_annotation_is_refused_though_the_spec_stays(self):
        self.ns.apply(edge_deployment("annotated"))
        status, _, errors = self.ns.kubectl_try(
            "annotate", "deployment", "annotated", "iot-edge-connector/redy-percent=50"
        )
        self.assertEqual(status, 1)
        self.assertIn('did you mean "ready-percent"?', errors)
        self.assertNotIn(
            "iot-edge-connector/redy-percent", self.ns.get("deployments", "annotated")["metadata"]["annotations"]
        )
        self.ns.kubectl("annotate", "deployment", "annotated", "iot-edge-connector/ready-percent=50")

    def test_what_is_left_of_an_edge_deployment_is_told(self):
        self.ns.apply(edge_deployment("edge-no-more"))
        gone = {"spec": {"template": {"metadata": {"annotations": {"isEdgeDeployment": None}}}}}
        status, _, errors = self.ns.kubectl_try(
            "patch", "deployment", "edge-no-more", "--type=merge", "-p", json.dumps(gone)
        )
        self.assertEqual(status, 0, errors)
        warned = re.findall(r"(?m)^Warning: ([^:]*): remove", errors)
        self.assertEqual(
            warned, [f"spec.template.spec.{field}" for field in ("schedulingGates", "nodeSelector", "tolerations")]
        )

    # Who never waits for us.

    def test_a_deployment_that_is_not_ours_never_reaches_the_webhook(self):
        before = self.reviews()
        self.ns.apply(plain_deployment("plain"))
        self.ns.kubectl("label", "deployment", "plain", "team=other")
        self.assertEqual(self.reviews(), before)
        self.ns.apply(edge_deployment("edge-counts"))
        self.assertGreater(self.reviews(), before)

    def test_with_the_webhook_down_a_deployment_that_is_not_ours_is_stored(self):
        with self.webhook_down():
            self.assertEqual(self.ns.apply(plain_deployment("plain-down")), "deployment.apps/plain-down created\n")
            self.ns.kubectl("annotate", "deployment", "plain-down", "note=changed")
            self.assertEqual(self.ns.get("deployments", "plain-down")["metadata"]["annotations"]["note"], "changed")

    def test_with_a_webhook_that_never_answers_a_deployment_that_is_not_ours_is_stored_at_once(self):
        self.connector.freeze()
        try:
            begun = time.monotonic()
            self.ns.apply(plain_deployment("plain-frozen"))
            self.ns.kubectl("annotate", "deployment", "plain-frozen", "note=changed")
            took = time.monotonic() - begun
        finally:
            self.connector.thaw()
        # One call of a webhook that hangs takes its timeoutSeconds of 5.
        self.assertLess(took, 5)

    def test_with_the_webhook_down_an_edge_deployment_is_refused_by_name(self):
        with self.webhook_down():
            status, _, errors = self.ns.kubectl_try("apply", "-f", "-", stdin=edge_deployment("edge-down"))
            self.assertEqual(status, 1)
            self.assertIn(f'failed calling webhook "{VALIDATING}"', errors)
            self.assertIsNone(self.ns.get("deployments", "edge-down"))

    def test_with_the_webhook_down_a_foreground_delete_ends(self):
        self.ns.apply(edge_deployment("foreground"))
        self.ns.wait_ready("foreground")
        with self.webhook_down():
            self.ns.kubectl("delete", "deployment", "foreground", "--cascade=foreground", "--timeout=30s")
            self.assertIsNone(self.ns.get("deployments", "foreground"))
        self.wait_gone("foreground")

    def test_a_label_on_a_deployment_from_before_the_webhook_starts_no_rollout(self):
        for kind in KINDS:
            self.api.delete(f"{WEBHOOKS}/{kind}/iot-edge-connector")
        try:
            self.wait_webhook("no webhook", lambda status, text: status == 0 and self.is_stored_as_is())
            self.ns.apply(edge_deployment("early"))
        finally:
            self.test_run.register()
        self.wait_webhook("the webhook", lambda status, text: not self.is_stored_as_is())
        wait_for("its ReplicaSet", lambda: self.ns.list("replicasets", "app=early"))
        before = self.ns.get("deployments", "early")
        self.assertNotIn("schedulingGates", before["spec"]["template"]["spec"])

        self.ns.kubectl("label", "deployment", "early", "team=ours")
        after = self.ns.get("deployments", "early")
        self.assertEqual(after["metadata"]["labels"]["team"], "ours")
        self.assertEqual(after["spec"], before["spec"])
        self.assertEqual(after["metadata"]["generation"], before["metadata"]["generation"])
        self.assertEqual(len(self.ns.list("replicasets", "app=early")), 1)

    def is_stored_as_is(self):
        """Whether a Deployment that lacks much is not completed."""
        output = self.ns.kubectl(
            "apply",
            "--dry-run=server",
            "-o",
            "jsonpath={.spec.template.spec.schedulingGates}",
            "-f",
            "-",
            stdin=edge_deployment("probe"),
        )
        return output == ""

    # ConfigMaps.

    def test_another_teams_config_map_is_never_refused(self):
        status, output, errors = self.ns.kubectl_try(
            "apply", "-f", "-", stdin=config_map("theirs", createOptions="no json", theirs="x")
        )
        self.assertEqual((status, output), (0, "configmap/theirs created\n"))
        self.assertRegex(errors, r"(?m)^Warning: data\[createOptions\]: Invalid value")

    def test_a_config_map_of_ours_that_is_no_json_is_refused(self):
        for name, data in (
            ("edgehub", {"desiredProperties": "{"}),
            ("edgeagent", {"desiredProperties": "[1"}),
            ("module01", {"createOptions": "no json", "status": "running"}),
        ):
            status, _, errors = self.ns.kubectl_try("apply", "-f", "-", stdin=config_map(name, **data))
            self.assertEqual(status, 1, name)
            self.assertIn(f'The ConfigMap "{name}" is invalid', errors)
            self.assertIn(f"data[{next(iter(data))}]: Invalid value", errors)
            self.assertIsNone(self.ns.get("configmaps", name))

    def test_a_config_map_that_is_not_ours_never_reaches_the_webhook(self):
        before = self.reviews()
        self.ns.apply(config_map("plain", anything="{"))
        self.assertEqual(self.reviews(), before)

    def test_with_the_webhook_down_config_maps_are_stored(self):
        with self.webhook_down():
            self.assertEqual(
                self.ns.apply(config_map("edgehub", desiredProperties="{}")), "configmap/edgehub created\n"
            )
