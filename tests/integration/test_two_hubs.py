"""Two hubs: one copy each, no wandering, and a scale-down that cleans up."""

from harness import wait_for
from objects import edge_deployment, module_images
from suite import Topic

FIRST, SECOND = {"module": "example/module:1"}, {"module": "example/module:2"}


class TwoHubs(Topic):
    chain = True
    hubs = ("hub0", "hub1")

    def holders(self, name):
        """Images on each hub that holds exactly one configuration of it; the number of configurations elsewhere."""
        found = {}
        for emulator in self.emulators:
            on_hub = [c for c in emulator.configurations().values() if c["id"].startswith(f"{self.ns.name}-{name}-")]
            if len(on_hub) == 1:
                found[emulator.name] = module_images(on_hub[0])
            elif on_hub:
                found[emulator.name] = len(on_hub)
        return found

    def wait_holders(self, name, wanted):
        wait_for(f"{name} to be on {sorted(wanted)}", lambda: self.holders(name), lambda found: found == wanted)

    def test_two_replicas_go_to_two_hubs(self):
        self.ns.apply(edge_deployment("pair", FIRST, replicas=2))
        self.wait_holders("pair", {"hub0": FIRST, "hub1": FIRST})
        self.ns.wait_ready("pair")
        nodes = sorted(pod["spec"]["nodeName"] for pod in self.ns.pods("pair"))
        self.assertEqual(nodes, ["iot-edge-connector-hub0", "iot-edge-connector-hub1"])

    def test_a_rollout_reaches_both(self):
        self.ns.kubectl("set", "image", "deployment/pair", f"module={SECOND['module']}")
        self.ns.wait_ready("pair")
        self.wait_holders("pair", {"hub0": SECOND, "hub1": SECOND})
        for emulator in self.emulators:
            self.assertEqual(emulator.gaps(), [])

    def test_a_scale_down_cleans_one_hub_and_leaves_the_other(self):
        since = {emulator.name: emulator.last_call() for emulator in self.emulators}
        self.ns.kubectl("scale", "deployment/pair", "--replicas=1")
        wait_for("one hub to be clean", lambda: self.holders("pair"), lambda found: len(found) == 1)
        self.ns.wait_ready("pair")
        kept = next(iter(self.holders("pair")))
        pod = wait_for("the pod that is left", lambda: self.ns.pod("pair"))
        self.assertEqual(pod["spec"]["nodeName"], f"iot-edge-connector-{kept}")
        for emulator in self.emulators:
            methods = [method for method, _ in emulator.writes(since[emulator.name])]
            self.assertEqual(methods, [] if emulator.name == kept else ["DELETE"])

    def test_a_rollout_does_not_move_it(self):
        kept = next(iter(self.holders("pair")))
        (other,) = (emulator for emulator in self.emulators if emulator.name != kept)
        since = other.last_call()
        for image in ("example/module:3", "example/module:4", "example/module:5"):
            self.ns.kubectl("set", "image", "deployment/pair", f"module={image}")
            self.ns.wait_ready("pair")
            self.wait_holders("pair", {kept: {"module": image}})
        self.assertEqual(other.writes(since), [])

    def test_an_eviction_ends_nothing(self):
        before = {emulator.name: emulator.last_call() for emulator in self.emulators}
        pod = self.ns.pod("pair")["metadata"]["name"]
        self.ns.kubectl("delete", "pod", pod)
        self.ns.wait_ready("pair")
        self.connector.wait_in_step()
        for emulator in self.emulators:
            self.assertEqual(emulator.writes(before[emulator.name]), [])

    def test_scaling_to_zero_cleans_all(self):
        self.ns.kubectl("scale", "deployment/pair", "--replicas=0")
        self.wait_holders("pair", {})
