"""Status and end of the pods on our nodes."""

from harness import wait_for
from kubernetes import STRATEGIC_PATCH
from objects import edge_deployment
from suite import Topic


class Pods(Topic):
    def ready(self, pod):
        return {c["type"]: c for c in pod["status"].get("conditions", [])}.get("Ready", {}).get("status")

    def test_ready_false_from_the_node_controller_is_repaired(self):
        self.ns.apply(edge_deployment("repaired"))
        self.ns.wait_ready("repaired")
        name = self.ns.pod("repaired")["metadata"]["name"]
        version = self.ns.patch(
            "pods",
            name,
            {"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "NodeNotReady"}]}},
            STRATEGIC_PATCH,
            "status",
        )["metadata"]["resourceVersion"]
        pod = wait_for(
            "the pod to be Ready again", lambda: self.ns.get("pods", name), lambda pod: self.ready(pod) == "True"
        )
        self.assertNotEqual(pod["metadata"]["resourceVersion"], version)
        self.assertNotIn("reason", {c["type"]: c for c in pod["status"]["conditions"]}["Ready"])

    def test_a_template_may_choose_the_node_by_any_of_its_labels(self):
        labels = self.api.get(f"/api/v1/nodes/{self.node_name('hub0')}")["metadata"]["labels"]
        deployment = edge_deployment("chosen")
        deployment["spec"]["template"]["spec"]["nodeSelector"] = dict(labels)
        self.ns.apply(deployment)
        self.ns.wait_ready("chosen")
        since = self.emulator.last_call()
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])

    def test_a_foreign_pod_that_tolerates_everything_does_not_freeze_its_controller(self):
        labels = {"app": "agent"}
        self.ns.apply(
            {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "metadata": {"name": "agent"},
                "spec": {
                    "selector": {"matchLabels": labels},
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": {
                            "tolerations": [{"operator": "Exists"}],
                            "containers": [{"name": "agent", "image": "agent:1"}],
                        },
                    },
                },
            }
        )
        pod = wait_for(
            "the DaemonSet's pod to be Ready",
            lambda: self.ns.pod("agent"),
            lambda pod: pod is not None and self.ready(pod) == "True",
        )
        self.assertEqual(pod["status"]["phase"], "Running")
        self.assertNotIn("podIP", pod["status"])
        name = pod["metadata"]["name"]
        told = wait_for(
            "an Event that tells what it is",
            lambda: [
                event
                for event in self.ns.events("NotAnEdgeDeployment", "Pod")
                if event["involvedObject"]["name"] == name
            ],
        )
        self.assertEqual(len(told), 1)
        self.ns.kubectl("set", "image", "daemonset/agent", "agent=agent:2")
        self.ns.kubectl("rollout", "status", "daemonset/agent", "--timeout=30s")
        self.assertEqual([id_ for id_ in self.emulator.configurations() if "agent" in id_], [])
        self.ns.kubectl("delete", "daemonset", "agent")
        wait_for("the DaemonSet's pod to be gone", lambda: self.ns.pods("agent"), lambda pods: not pods)

    def test_a_deleted_pod_is_completed_and_its_successor_is_ready(self):
        self.ns.apply(edge_deployment("deleted"))
        self.ns.wait_ready("deleted")
        before, since = self.ns.pod("deleted")["metadata"], self.emulator.last_call()
        self.ns.kubectl("delete", "pod", before["name"], "--timeout=30s")
        self.ns.wait_ready("deleted")
        self.assertNotEqual(self.ns.pod("deleted")["metadata"]["uid"], before["uid"])
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])

    def test_what_a_device_reports_shows_in_the_pod(self):
        self.ns.apply(edge_deployment("failing", {"failing": "example/module:1"}, condition="tags.testtag='B'"))
        self.ns.wait_ready("failing")
        self.emulator.admin("POST", "/devices/device02/modules/failing/fail", {"runtimeStatus": "backoff"})
        wait_for(
            "CrashLoopBackOff in kubectl's STATUS column",
            lambda: self.ns.kubectl("get", "pods", "-l", "app=failing", "--no-headers").split(),
            lambda columns: columns[1:3] == ["0/1", "CrashLoopBackOff"],
        )
        self.emulator.admin("POST", "/devices/device02/modules/failing/recover", {})
        self.ns.wait_ready("failing")

    def test_an_unchanged_world_costs_a_list_a_pass_and_no_write(self):
        self.ns.apply(edge_deployment("quiet"))
        self.ns.wait_ready("quiet")
        self.connector.wait_in_step()
        version, since = self.ns.pod("quiet")["metadata"]["resourceVersion"], self.emulator.last_call()
        before = self.connector.metrics()
        for _ in range(2):
            self.connector.wait_in_step()
        calls, after = self.emulator.calls(since), self.connector.metrics()
        self.assertEqual(self.ns.pod("quiet")["metadata"]["resourceVersion"], version)
        self.assertEqual({call["method"] for call in calls}, {"GET", "POST"})
        self.assertEqual({call["path"] for call in calls if call["method"] == "POST"}, {"/devices/query"})
        self.assertEqual(self.emulator.writes(since), [])

        def counted(name):
            return after[name] - before[name]

        self.assertEqual(
            counted('hub_requests_total{hub="hub0",operation="list",code="200"}'), counted('sync_passes_total{hub="hub0"}')
        )
        self.assertEqual(counted('sync_passes_total{hub="hub0"}'), counted('sync_noop_total{hub="hub0"}'))
