"""What the budget of one unit allows, with a hub that counts as IoT Hub does and evaluates every five minutes."""

import datetime
import json
import time

from harness import say, wait_for
from objects import config_map, edge_deployment, hub_desired
from suite import Topic

# As an installation has it.
DEFAULTS = {
    "settle": "2s",
    "resync": "5m",
    "evaluationPoll": "30s",
    "status": "15s",
    "absence": "1m",
    "hubTimeout": "90s",
    "errorBackoff": "5m",
}
CALLS_A_MINUTE = 20


def seconds(call):
    return datetime.datetime.fromisoformat(call["time"].replace("Z", "+00:00")).timestamp()


def is_configuration_call(call):
    return call["path"].startswith("/configurations")


class RealTime(Topic):
    """One hub of one unit with a device for each Deployment."""

    units = 1
    sync = DEFAULTS
    count = 0

    emulator_options = {
        "evaluation-period": "300s",
        "first-evaluation": "300s",
        "pull-delay": "500ms",
        "configuration-calls-per-minute": str(CALLS_A_MINUTE),
        "query-calls-per-minute": "20",
    }

    def set_up(self):
        self.devices = [f"d{n}" for n in range(self.count)]
        super().set_up()

    def leave_nothing(self):
        """The hub ends with the test: nobody waits until it is empty at twenty calls a minute."""
        self.ns.force_pods_away()

    def deployments(self):
        return [
            edge_deployment(f"d{n}", {f"module{n}": "example/module:1"}, f"deviceId='d{n}'") for n in range(self.count)
        ]

    def quiet(self):
        """No call for longer than a poll for evaluations would let pass."""
        calls = [c for c in self.emulator.calls() if is_configuration_call(c)]
        return calls and time.time() - seconds(calls[-1]) > 60

    def check_calls(self, since):
        calls = [call for call in self.emulator.calls(since) if is_configuration_call(call)]
        self.assertEqual([call for call in calls if call["status"] == 429], [])
        times = [seconds(call) for call in calls]
        most = max(sum(1 for t in times if start <= t < start + 60) for start in times)
        self.assertLessEqual(most, CALLS_A_MINUTE)
        lists = sum(1 for call in calls if call["path"] == "/configurations")
        return f"{len(calls)} calls, {lists} of them lists, at most {most} in a minute"


class Flood(RealTime):
    chain = True
    count = 90

    def test_ninety_deployments_at_once(self):
        since, begun = self.emulator.last_call(), time.monotonic()
        self.ns.apply(*self.deployments(), deadline=300)
        applied = time.monotonic()
        wait_for(
            "90 configurations on the hub", lambda: len(self.emulator.configurations()), lambda n: n == 90, 5.2 * 60
        )
        done = time.monotonic()
        say(
            f"       90 Deployments on a hub of one unit {done - applied:.0f} s after kubectl apply ended "
            f"({done - begun:.0f} s after it began): {self.check_calls(since)}"
        )

    def test_an_unchanged_world_costs_one_list_a_pass(self):
        wait_for("all to be evaluated and in step", self.quiet, deadline=900)
        since = self.emulator.last_call()
        self.connector.wait_in_step(400)
        asked = [(c["method"], c["path"]) for c in self.emulator.calls(since) if is_configuration_call(c)]
        self.assertEqual(asked, [("GET", "/configurations")])


class SharedEdgeHub(RealTime):
    """An edit of an edgehub ConfigMap that many Deployments share: each is created anew, evaluated, and deleted."""

    chain = True
    count = 45
    promised = 11 * 60

    def edge_hub(self, seconds_to_live):
        desired = {
            "schemaVersion": "1.1",
            "routes": {},
            "storeAndForwardConfiguration": {"timeToLiveSecs": seconds_to_live},
        }
        return config_map("edgehub", desiredProperties=json.dumps(desired))

    def lives(self):
        """What each configuration on the hub says of the time to live."""
        return sorted(
            hub_desired(c)["storeAndForwardConfiguration"]["timeToLiveSecs"]
            for c in self.emulator.configurations().values()
        )

    def test_all_are_there_first(self):
        self.ns.apply(self.edge_hub(7200), *self.deployments(), deadline=300)
        wait_for("all to be on the hub", self.lives, lambda lives: lives == [7200] * self.count, 800)
        self.emulator.evaluate()
        wait_for("no call to be due", self.quiet, deadline=900)

    def test_one_edit_replaces_all_of_them(self):
        since, begun = self.emulator.last_call(), time.monotonic()
        self.ns.apply(self.edge_hub(3600))
        wait_for("all to be replaced", self.lives, lambda lives: lives == [3600] * self.count, self.promised)
        took = time.monotonic() - begun
        say(f"       {self.count} Deployments follow their edgehub in {took:.0f} s: {self.check_calls(since)}")
        coverage = self.emulator.admin("GET", f"/coverage?since={since}")
        self.assertEqual((coverage["gaps"], coverage["losses"]), ([], []))


class NinetyOfAHundred(SharedEdgeHub):
    """With ninety of the hundred slots in use the successors go in batches of ten, each of which waits for an evaluation."""

    count = 90
    promised = 90 * 60
