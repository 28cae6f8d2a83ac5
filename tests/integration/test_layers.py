"""Layered Deployments: what they add on the devices, and how one follows another that is in its way."""

from harness import wait_for
from objects import edge_deployment
from suite import Topic

LAYERED = "iot-edge-connector/layered"
ALLOW_GAP = "iot-edge-connector/allow-gap"
BASE = {"base": "example/base:1"}


def layer(module, image, port):
    deployment = edge_deployment("layer", {module: image})
    deployment["metadata"]["annotations"] = {LAYERED: "true"}
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["ports"] = [{"containerPort": 80, "hostPort": port}]
    return deployment


class Layers(Topic):
    chain = True

    def wait_modules(self, modules):
        wait_for(
            f"device01 to run {sorted(modules)}", lambda: self.emulator.modules("device01"), lambda seen: seen == modules
        )

    def test_a_layer_adds_to_its_base(self):
        self.ns.apply(edge_deployment("under", BASE))
        self.ns.wait_ready("under")
        self.ns.apply(layer("one", "example/one:1", 8080))
        self.ns.wait_ready("layer")
        self.wait_modules({**BASE, "one": "example/one:1"})
        configuration = self.configuration_of("layer")
        self.assertEqual(configuration["priority"], 1000)
        self.assertEqual(
            list(configuration["content"]["modulesContent"]["$edgeAgent"]), ["properties.desired.modules.one"]
        )

    def test_one_that_goes_together_with_the_old_one_follows_without_a_gap(self):
        before, since = self.configuration_of("layer")["id"], self.emulator.last_call()
        self.ns.apply(layer("one", "example/one:2", 8080))
        self.ns.wait_ready("layer")
        self.wait_modules({**BASE, "one": "example/one:2"})
        wait_for("the old layer to go", lambda: self.ids_of("layer"), lambda ids: before not in ids and len(ids) == 1)
        self.assertEqual([method for method, _ in self.emulator.writes(since)], ["PUT", "DELETE"])

    def test_one_that_does_not_waits_and_is_told(self):
        before, since = self.configuration_of("layer")["id"], self.emulator.last_call()
        self.ns.apply(layer("two", "example/two:1", 8080))
        for kind in ("Deployment", "Pod"):
            events = wait_for("an Event LayerTransition", lambda: self.ns.events("LayerTransition", kind))
            self.assertIn("the new module two and the old module one both take port 8080", events[0]["message"])
            self.assertIn(ALLOW_GAP, events[0]["message"])
        self.connector.wait_in_step()
        self.assertEqual(self.ids_of("layer"), [before])
        self.assertEqual(self.emulator.writes(since), [])
        self.assertEqual(self.emulator.modules("device01"), {**BASE, "one": "example/one:2"})

    def test_with_the_users_word_the_old_one_goes_first(self):
        before, since = self.configuration_of("layer")["id"], self.emulator.last_call()
        self.ns.kubectl("annotate", "deployment", "layer", f"{ALLOW_GAP}=true")
        self.ns.wait_ready("layer")
        self.wait_modules({**BASE, "two": "example/two:1"})
        after = self.configuration_of("layer")["id"]
        self.assertEqual(self.emulator.writes(since), [("DELETE", before), ("PUT", after)])
        self.assertEqual(self.emulator.gaps(since), [])

    def test_what_needs_no_gap_has_none(self):
        """Though one is allowed."""
        before, since = self.configuration_of("layer")["id"], self.emulator.last_call()
        deployment = layer("three", "example/three:1", 8081)
        deployment["metadata"]["annotations"][ALLOW_GAP] = "true"
        self.ns.apply(deployment)
        self.ns.wait_ready("layer")
        self.wait_modules({**BASE, "three": "example/three:1"})
        wait_for("the old layer to go", lambda: self.ids_of("layer"), lambda ids: before not in ids and len(ids) == 1)
        self.assertEqual([method for method, _ in self.emulator.writes(since)], ["PUT", "DELETE"])
