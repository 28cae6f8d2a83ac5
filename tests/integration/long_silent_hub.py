"""A hub that answers nothing holds up no other one. ENDURANCE_MINUTES (10) each with and without it."""

import datetime
import os
import time

from harness import say, wait_for
from kubernetes import STRATEGIC_PATCH
from objects import edge_deployment
from suite import Topic

MINUTES = float(os.environ.get("ENDURANCE_MINUTES", "10"))
SETTLE = 0.3
APART = 1.0  # seconds between two changes


def time_of(call):
    return datetime.datetime.fromisoformat(call["time"].replace("Z", "+00:00")).timestamp()


class SilentHub(Topic):
    chain = True
    hubs = ("hub0", "hub1", "hub2")
    devices = NAMES = tuple(f"d{n}" for n in range(9))
    sync = {"settle": "300ms", "resync": "1m", "hubTimeout": "90s", "evaluationPoll": "1s"}

    def deployment(self, number):
        """Each for its own device, and a third of them for each hub."""
        made = edge_deployment(self.NAMES[number], {"module": "example/module:0"}, f"deviceId='{self.NAMES[number]}'")
        hub = self.hubs[number % len(self.hubs)]
        made["spec"]["template"]["spec"]["nodeSelector"]["kubernetes.io/hostname"] = self.node_name(hub)
        return made

    def test_three_on_each(self):
        self.ns.apply(*(self.deployment(n) for n in range(len(self.NAMES))))
        for name in self.NAMES:
            self.ns.wait_ready(name)
        self.home = {name: next(e for e in self.emulators if self.ids_of(name, e)) for name in self.NAMES}
        self.assertEqual({e.name for e in self.home.values()}, set(self.hubs))
        self.number = 0

    def set_image(self, name, image):
        """Without kubectl, which takes longer than what is measured."""
        containers = [{"name": "module", "image": image}]
        patch = {"spec": {"template": {"spec": {"containers": containers}}}}
        self.ns.patch("deployments", name, patch, STRATEGIC_PATCH)

    def measure(self, hubs):
        """Seconds from settled to on the hub, of changes made one after the other for so many minutes."""
        names = [name for name, emulator in self.home.items() if emulator.name in hubs]
        delays, until = [], time.monotonic() + MINUTES * 60
        while time.monotonic() < until:
            self.number += 1
            name, begun = names[self.number % len(names)], time.monotonic()
            emulator = self.home[name]
            since = emulator.last_call()
            changed = time.time()
            self.set_image(name, f"example/module:{self.number}")
            (put,) = wait_for(
                "the change on its hub",
                lambda e=emulator, s=since: [c for c in e.calls(s) if c["effect"] == "created"],
                deadline=60,
            )
            delays.append(time_of(put) - changed - SETTLE)
            time.sleep(max(0.0, APART - (time.monotonic() - begun)))
        return sorted(delays)

    def told(self, delays):
        return f"median {delays[len(delays) // 2]:.3f} s, p99 {self.p99(delays):.3f} s of {len(delays)}"

    def p99(self, delays):
        return delays[min(len(delays) - 1, int(len(delays) * 0.99))]

    def test_the_others_do_not_notice(self):
        silent, *others = self.hubs
        names = [e.name for e in self.emulators if e.name in others]
        calm = self.measure(names)
        (emulator,) = (e for e in self.emulators if e.name == silent)
        emulator.order(None, "/", "before", "hold", 0)
        victim = next(name for name, home in self.home.items() if home is emulator)
        self.set_image(victim, "example/module:silent")
        wait_for("the hub to be asked in vain", emulator.held, deadline=90)
        disturbed = self.measure(names)
        emulator.clear_faults()
        say(
            f"       from settled to on the hub: {self.told(calm)} without, {self.told(disturbed)} with a silent hub; "
            f"p99 {self.p99(disturbed) / self.p99(calm):.2f} times"
        )
        self.ns.wait_ready(victim, 300)
