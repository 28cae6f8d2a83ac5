"""Two connectors: both admit, one writes; when it dies the other takes over."""

import http.client

from harness import Connector, free_port, wait_for
from objects import edge_deployment, module_images
from suite import Topic


class Leader(Topic):
    chain = True

    def set_up(self):
        super().set_up()
        self.second = self.enter(
            Connector(self.test_run, self.emulators, self.ns.name, name="second", webhook_port=free_port())
        )

    def leaders(self):
        return [connector.leads() for connector in (self.connector, self.second)]

    def test_one_of_two_leads(self):
        self.assertEqual(self.leaders(), [True, False])
        wait_for("the second to see who leads", lambda: self.second.readyz()[1],
                 lambda body: "hub hub0: another replica leads" in body)

    def test_only_the_leader_calls_the_hub(self):
        self.ns.apply(edge_deployment("led", {"module": "example/module:1"}))
        self.ns.wait_ready("led")
        self.assertEqual(self.second.metrics()['hub_calls_total{hub="hub0",operation="list"}'], 0)
        self.assertEqual([method for method, _ in self.emulator.writes()], ["PUT"])

    def test_the_other_takes_over_when_the_leader_is_killed(self):
        before = self.configuration_of("led")["id"]
        self.connector.kill()
        self.second.wait_leads()
        # The webhook is that of the killed one; a change that needs no admission shows that the second one syncs.
        self.ns.kubectl("scale", "deployment/led", "--replicas=0")
        self.wait_gone("led")
        self.ns.kubectl("scale", "deployment/led", "--replicas=1")
        self.ns.wait_ready("led")
        self.assertEqual(self.configuration_of("led")["id"], before)

    def test_the_first_comes_back_and_follows(self):
        self.connector.start()
        self.second.wait_in_step()
        self.assertEqual(self.leaders(), [False, True])

    def test_a_leader_that_stops_lets_go(self):
        self.second.stop()
        self.connector.wait_leads()
        since = self.emulator.last_call()
        self.ns.apply(edge_deployment("led", {"module": "example/module:2"}))
        wait_for(
            "the change to be on the hub",
            lambda: self.configuration_of("led"),
            lambda c: c is not None and module_images(c) == {"module": "example/module:2"},
        )
        self.ns.wait_ready("led")
        self.assertEqual([method for method, _ in self.emulator.writes(since)], ["PUT", "DELETE"])
        self.assertEqual(self.emulator.gaps(since), [])

    def test_a_leader_that_freezes_writes_nothing_when_it_wakes(self):
        self.second.start()
        self.connector.freeze()
        self.second.wait_leads()
        self.connector.thaw()
        wait_for("the first to see that it no longer leads", self.first_leads, lambda leads: leads is False)
        since = self.emulator.last_call()
        self.second.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])
        self.assertEqual(self.leaders(), [False, True])

    def first_leads(self):
        try:
            return self.connector.leads()
        except (OSError, http.client.HTTPException):
            return None
