"""Answers of the hub that concern one Deployment, or one kind of call: told, and nobody else waits for them."""

import contextlib

from harness import never_within, wait_for
from objects import edge_deployment
from suite import Topic

# Apart from the others, whose devices it would take away by its priority.
B = "tags.testtag='B'"
POLICY = "iot-edge-connector/reconcile-policy"


class HubAnswers(Topic):
    @contextlib.contextmanager
    def faulty(self, method, path_prefix, status):
        """Each such call is answered so, within the context."""
        self.emulator.order(method, path_prefix, "before", f"status:{status}", count=0)
        try:
            yield
        finally:
            self.emulator.clear_faults()

    def hub_line(self):
        return next(line for line in self.connector.readyz()[1].splitlines() if line.startswith("hub hub0:"))

    def waiting_reasons(self, deployment):
        states = (self.ns.pod(deployment) or {}).get("status", {}).get("containerStatuses", [])
        return [state["state"].get("waiting", {}).get("reason") for state in states]

    def test_a_call_that_goes_wrong_holds_up_no_other(self):
        """The one that goes wrong comes first: its name does."""
        for status in (400, 409, 412, 500, 503):
            first, second = f"a-wrong-{status}", f"b-right-{status}"
            with self.faulty("PUT", f"/configurations/{self.ns.name}-{first}-", status):
                self.ns.apply(edge_deployment(first), edge_deployment(second))
                self.wait_configuration(second)
                self.ns.wait_ready(second)
                self.assertEqual(self.ids_of(first), [])
            self.wait_configuration(first)
            self.ns.wait_ready(first)

    def test_a_create_that_fails_again_and_again_is_told(self):
        with self.faulty("PUT", f"/configurations/{self.ns.name}-failing-", 500):
            self.ns.apply(edge_deployment("failing"))
            wait_for("the waiting reason", lambda: self.waiting_reasons("failing"), lambda seen: seen == ["SyncFailed"])
        self.ns.wait_ready("failing")

    def test_a_key_that_may_only_read_is_told_all_the_time(self):
        """A list that goes well in between is no sign that all is well."""
        with self.faulty("PUT", "/configurations/", 401):
            self.ns.apply(edge_deployment("reader"))
            wait_for("/readyz to tell of the 401", self.hub_line, lambda line: "401" in line)
            never_within("the hub looked well", lambda: "401" not in self.hub_line(), 2)
            wait_for("the waiting reason", lambda: self.waiting_reasons("reader"), lambda seen: seen == ["HubUnauthorized"])
        self.ns.wait_ready("reader")
        wait_for("the hub to be well", self.hub_line, lambda line: line == "hub hub0: ok")

    def test_devices_that_cannot_be_read_are_told(self):
        with self.faulty("POST", "/devices/query", 401):
            self.ns.apply(edge_deployment("unreadable"))
            self.wait_configuration("unreadable")
            wait_for("the waiting reason", lambda: self.waiting_reasons("unreadable"),
                     lambda seen: seen == ["DevicesUnreadable"])
            self.assertIn("401", self.hub_line())
        self.ns.wait_ready("unreadable")
        wait_for("the hub to be well", self.hub_line, lambda line: line == "hub hub0: ok")

    def test_an_update_that_is_refused_is_told_although_the_content_is_there(self):
        self.ns.apply(edge_deployment("refused", condition=B))
        self.ns.wait_ready("refused")
        with self.faulty("PUT", f"/configurations/{self.ns.name}-refused-", 400):
            self.ns.apply(edge_deployment("refused", condition=B, annotations={"priority": "77"}))
            wait_for("the waiting reason", lambda: self.waiting_reasons("refused"), lambda seen: seen == ["RefusedByHub"])
            never_within("the refusal was forgotten", lambda: self.waiting_reasons("refused") != ["RefusedByHub"], 1)
        self.ns.wait_ready("refused")
        self.assertEqual(self.configuration_of("refused")["priority"], 77)

    def test_what_is_detached_stays_whoever_comes_later(self):
        deployment = edge_deployment("detached")
        deployment["metadata"]["annotations"] = {POLICY: "detach-on-delete"}
        self.ns.apply(deployment)
        self.ns.wait_ready("detached")
        since = self.emulator.last_call()
        self.ns.kubectl("delete", "deployment", "detached")
        self.connector.wait_in_step()
        self.connector.restart()
        self.connector.wait_leads()
        # Twice the time after which an absent one is looked at.
        never_within("it was touched", lambda: self.emulator.writes(since), 5)
        self.assertEqual(self.connector.metrics()["deletions_blocked"], 0)
        self.ns.apply(edge_deployment("detached"))
        self.ns.wait_ready("detached")
        self.ns.kubectl("delete", "deployment", "detached")
        self.wait_gone("detached")
