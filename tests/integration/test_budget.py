"""A call is made for a reason: what happens in the cluster without concerning the hub costs none."""

from harness import wait_for
from kubernetes import STRATEGIC_PATCH
from objects import config_map, edge_deployment, plain_deployment
from suite import Topic

LIST = ("GET", "/configurations")


class Budget(Topic):
    chain = True
    sync = {"resync": "1h", "evaluationPoll": "500ms"}

    def asked(self, since):
        """Calls for configurations: (method, path up to the ids)."""
        return [(call["method"], "/configurations") for call in self.emulator.calls(since)
                if call["path"].startswith("/configurations")]

    def wait_quiet(self):
        """Until a pass has found nothing to do and nothing to wait for: then only a change brings the next one."""
        last = [None]

        def look():
            before, last[0] = last[0], self.emulator.last_call()
            return before == last[0]

        self.ns.wait_ready("budget")
        wait_for("the hub not to be called", lambda: all(look() for _ in range(40)), deadline=60)

    def test_a_new_deployment_costs_one_list_before_its_create(self):
        since = self.emulator.last_call()
        self.ns.apply(edge_deployment("budget", {"budget": "example/module:1"}))
        self.wait_configuration("budget")
        before = self.asked(since)
        self.assertEqual(before[:2], [LIST, ("PUT", "/configurations")])
        self.wait_quiet()

    def test_what_does_not_concern_the_hub_costs_nothing(self):
        since = self.emulator.last_call()
        pod = self.ns.pod("budget")["metadata"]["name"]
        for number in range(3):
            self.ns.kubectl("label", "deployment/budget", f"note=n{number}", "--overwrite")
            self.ns.kubectl("annotate", "deployment/budget", f"note=n{number}", "--overwrite")
            self.ns.kubectl("annotate", f"pod/{pod}", f"note=n{number}", "--overwrite")
            self.ns.apply(config_map("unread", **{"version": str(number)}), plain_deployment("plain"))
        self.ns.patch("pods", pod, {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}, STRATEGIC_PATCH,
                      "status")
        self.ns.wait_ready("budget")
        self.ns.kubectl("delete", f"pod/{pod}")
        self.ns.wait_ready("budget")
        self.ns.kubectl("scale", "deployment/budget", "--replicas=2")
        wait_for("the second pod", lambda: len(self.ns.pods("budget")) == 2)
        self.ns.kubectl("scale", "deployment/budget", "--replicas=1")
        wait_for("the second pod to be gone", lambda: len(self.ns.pods("budget")) == 1)
        self.ns.wait_ready("budget")
        self.assertEqual(self.asked(since), [])

    def test_a_rollout_without_new_content_costs_nothing_either(self):
        """What the translation leaves out: a template that differs, and a configuration that does not."""
        since = self.emulator.last_call()
        self.ns.patch("deployments", "budget", {"spec": {"template": {"spec": {"enableServiceLinks": False}}}})
        self.ns.wait_ready("budget")
        self.assertEqual(self.asked(since), [])

    def test_a_change_costs_a_list_and_its_calls(self):
        since = self.emulator.last_call()
        self.ns.kubectl("set", "image", "deployment/budget", "budget=example/module:2")
        self.ns.wait_ready("budget")
        self.wait_quiet()
        asked = self.asked(since)
        self.assertEqual(asked[:2], [LIST, ("PUT", "/configurations")])
        self.assertEqual([call for call in asked if call != LIST], [("PUT", "/configurations"), ("DELETE", "/configurations")])
