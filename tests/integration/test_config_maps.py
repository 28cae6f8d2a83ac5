"""ConfigMaps that vanish or cannot be read: the last good configuration stays, and it is told."""

import json

from harness import wait_for
from objects import agent_desired, config_map, edge_deployment, hub_desired, module_images
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
            events = wait_for(
                f"an Event {reason} of the {kind}",
                lambda: [e for e in self.ns.events(reason, kind) if e["involvedObject"]["name"].startswith(deployment)],
            )
            self.assertIn(text, events[0]["message"])
            self.assertEqual(events[0]["type"], "Warning")
        wait_for(
            f"the pod's message to tell of {text}", lambda: self.message(deployment), lambda message: text in message
        )
        wait_for(
            f"the waiting reason {reason}", lambda: self.waiting_reasons(deployment), lambda seen: seen == [reason]
        )

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
        return {
            name: value
            for name, value in self.configuration_of(deployment).items()
            if name in ("systemMetrics", "metrics")
        }

    def test_one_that_is_no_json_leaves_the_last_good_configuration(self):
        before, since = self.stand("broken", "breaking", createOptions="{}"), self.emulator.last_call()
        # With a key that is not ours it may be another team's, so the webhook only warns.
        self.ns.apply(config_map("breaking", createOptions="no json", other="x"))
        self.wait_told("broken", "InvalidEdgeDeployment", "createOptions")
        self.connector.wait_in_step()
        self.assertEqual(self.configuration_of("broken")["id"], before["id"])
        self.assertEqual(self.emulator.writes(since), [])

        self.ns.apply(config_map("breaking", createOptions='{"Env":["A=1"]}'))
        wait_for(
            "the good one to be followed",
            lambda: self.configuration_of("broken"),
            lambda c: c is not None and c["id"] != before["id"],
        )
        self.ns.wait_ready("broken")
        self.assertEqual(self.emulator.gaps(since), [])


class Settling(Topic):
    """What comes within the quiet period becomes one call."""

    sync = {"settle": "3s"}

    def apply_in_pieces(self, image, timeout):
        """The Deployment first; its ConfigMaps only when the Deployment has come as far as it can without them."""
        self.ns.apply(edge_deployment("pieces", {"piece": image}))
        wait_for(
            "a pod of the new template to be placed",
            lambda: [
                pod
                for pod in self.ns.pods("pieces")
                if pod["spec"].get("nodeName")
                and "deletionTimestamp" not in pod["metadata"]
                and pod["spec"]["containers"][0]["image"] == image
            ],
        )
        self.ns.apply(config_map("piece", version=image))
        self.ns.apply(
            config_map(
                "edgehub",
                desiredProperties=json.dumps(
                    {
                        "routes": {"all": "FROM /* INTO $upstream"},
                        "storeAndForwardConfiguration": {"timeToLiveSecs": timeout},
                    }
                ),
            )
        )
        configuration = wait_for(
            "the configuration that has all pieces",
            lambda: self.configuration_of("pieces"),
            lambda c: c is not None
            and module_images(c) == {"piece": image}
            and hub_desired(c)["storeAndForwardConfiguration"] == {"timeToLiveSecs": timeout},
        )
        self.assertEqual(agent_desired(configuration)["modules"]["piece"]["version"], image)
        self.ns.wait_ready("pieces")
        return configuration["id"]

    def test_pieces_become_one_create_and_then_one_replacement(self):
        first = self.apply_in_pieces("example/module:1", 60)
        self.assertEqual(self.emulator.writes(), [("PUT", first)])
        second = self.apply_in_pieces("example/module:2", 61)
        self.assertEqual(self.emulator.writes(), [("PUT", first), ("PUT", second), ("DELETE", first)])

    def test_what_is_deleted_and_made_anew_at_once_takes_over_in_place(self):
        deployment = edge_deployment("anew", {"module": "example/module:1"})
        self.ns.apply(deployment)
        self.ns.wait_ready("anew")
        first = self.configuration_of("anew")
        before = self.emulator.writes()
        self.ns.kubectl("replace", "--force", "-f", "-", stdin=json.dumps(deployment))
        uid = self.ns.get("deployments", "anew")["metadata"]["uid"]
        wait_for(
            "the configuration to carry the new uid",
            lambda: self.configuration_of("anew"),
            lambda c: c is not None and c["labels"]["iot-edge-connector-uid"] == uid,
        )
        self.assertEqual(self.configuration_of("anew")["id"], first["id"])
        self.assertEqual(self.emulator.writes()[len(before) :], [("PUT", first["id"])])
        self.ns.wait_ready("anew")
