"""ConfigMaps that vanish or cannot be read: the last good configuration stays, and it is told."""

from harness import wait_for
from objects import config_map, edge_deployment, hub_desired
from suite import Topic


class ConfigMaps(Topic):
    def message(self, deployment):
        return (self.ns.pod(deployment) or {}).get("status", {}).get("message", "")

    def waiting_reasons(self, deployment):
        states = (self.ns.pod(deployment) or {}).get("status", {}).get("containerStatuses", [])
        return [state["state"].get("waiting", {}).get("reason") for state in states]

    def stand(self, name, module, **data):
        """A Deployment with a ConfigMap for its module, on the hub and ready."""
        self.ns.apply(config_map(module, **data), edge_deployment(name, {module: "example/module:1"}))
        self.ns.wait_ready(name)
        return self.wait_configuration(name)

    def wait_told(self, deployment, reason, text):
        """In an Event of the Deployment, one of the pod, and the pod's status."""
        for kind in ("Deployment", "Pod"):
            events = wait_for(f"an Event {reason} of the {kind}", lambda: [
                e for e in self.ns.events(reason, kind) if e["involvedObject"]["name"].startswith(deployment)])
            self.assertIn(text, events[0]["message"])
            self.assertEqual(events[0]["type"], "Warning")
        wait_for(f"the pod's message to tell of {text}", lambda: self.message(deployment), lambda message: text in message)
        wait_for(f"the waiting reason {reason}", lambda: self.waiting_reasons(deployment), lambda seen: seen == [reason])

    def test_one_that_vanishes_leaves_the_last_good_configuration(self):
        before, since = self.stand("vanishes", "vanishing", createOptions="{}"), self.emulator.last_call()
        self.ns.delete("configmaps", "vanishing")
        self.wait_told("vanishes", "ConfigMapMissing", "vanishing")
        self.connector.wait_in_step()
        self.assertEqual(self.configuration_of("vanishes"), {**before, **self.counts("vanishes")})
        self.assertEqual(self.emulator.writes(since), [])

        self.ns.apply(config_map("vanishing", createOptions="{}"))
        self.ns.wait_ready("vanishes")
        self.assertEqual(self.emulator.writes(since), [])

    def counts(self, deployment):
        """What the hub itself writes into a configuration."""
        return {name: value for name, value in self.configuration_of(deployment).items()
                if name in ("systemMetrics", "metrics")}

    def test_one_that_is_no_json_leaves_the_last_good_configuration(self):
        before, since = self.stand("broken", "breaking", createOptions="{}"), self.emulator.last_call()
        # With a key that is not ours it may be another team's, so the webhook only warns.
        self.ns.apply(config_map("breaking", createOptions="no json", other="x"))
        self.wait_told("broken", "InvalidEdgeDeployment", "createOptions")
        self.connector.wait_in_step()
        self.assertEqual(self.configuration_of("broken")["id"], before["id"])
        self.assertEqual(self.emulator.writes(since), [])

        self.ns.apply(config_map("breaking", createOptions='{"Env":["A=1"]}'))
        wait_for("the good one to be followed", lambda: self.configuration_of("broken"),
                 lambda c: c is not None and c["id"] != before["id"])
        self.ns.wait_ready("broken")
        self.assertEqual(self.emulator.gaps(since), [])

    def test_the_order_of_an_apply_does_not_matter(self):
        """The ConfigMap comes a moment after the Deployment, and still it is one create."""
        since = self.emulator.last_call()
        self.ns.apply(edge_deployment("order", {"ordered": "example/module:1"}), config_map("ordered", version="7"),
                      config_map("edgehub", desiredProperties='{"routes":{"r":"FROM /* INTO $upstream"},'
                                                              '"storeAndForwardConfiguration":{"timeToLiveSecs":60}}'))
        configuration = self.wait_configuration("order")
        self.ns.wait_ready("order")
        mine = [write for write in self.emulator.writes(since) if f"{self.ns.name}-order-" in write[1]]
        self.assertEqual(mine, [("PUT", configuration["id"])])
        self.assertEqual(hub_desired(configuration)["storeAndForwardConfiguration"], {"timeToLiveSecs": 60})
