"""A Deployment never wanders between hubs, however often it is rolled out."""

from harness import say, wait_for
from objects import edge_deployment, module_images
from suite import Topic

ROLLOUTS = 20


class Rollouts(Topic):
    hubs = ("hub0", "hub1")

    def holders(self):
        prefix = f"{self.ns.name}-wanderer-"
        return {
            emulator.name: [module_images(c)["module"] for c in emulator.configurations().values() if c["id"].startswith(prefix)]
            for emulator in self.emulators
        }

    def test_twenty_rollouts_move_nothing(self):
        self.ns.apply(edge_deployment("wanderer", {"module": "example/module:0"}))
        self.ns.wait_ready("wanderer")
        home = next(name for name, images in self.holders().items() if images)
        (other,) = (emulator for emulator in self.emulators if emulator.name != home)
        since = other.last_call()
        for number in range(1, ROLLOUTS + 1):
            image = f"example/module:{number}"
            self.ns.kubectl("set", "image", "deployment/wanderer", f"module={image}")
            self.ns.wait_ready("wanderer")
            wait_for("the new image alone on its hub", self.holders, lambda h, i=image: h == {home: [i], other.name: []})
        self.assertEqual(other.writes(since), [])
        for emulator in self.emulators:
            self.assertEqual(emulator.gaps(), [])
        say(f"       {ROLLOUTS} rollouts, 0 moves")
