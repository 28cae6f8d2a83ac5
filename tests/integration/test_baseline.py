"""A hub's baseline: with it the modules of a deleted Deployment go from the devices."""

from harness import never_within, wait_for
from objects import edge_deployment
from suite import Topic

KIND = "iot-edge-connector-kind"
A = "tags.testtag='A'"
STAY = "modules go on running"


class Baseline(Topic):
    chain = True

    def baselines(self):
        return [c for c in self.emulator.configurations().values() if (c["labels"] or {}).get(KIND) == "baseline"]

    def deleted(self):
        """What was told of deletions."""
        return [event["message"] for event in self.ns.events("Deleted")]

    def say(self, **keys):
        """What the hub's entry says besides; as with every change, from the next start on."""
        self.connector.hub_keys = keys
        self.connector.restart()
        self.connector.wait_leads()

    def test_without_it_modules_stay_when_their_deployment_goes(self):
        self.ns.apply(edge_deployment("web"))
        self.ns.wait_ready("web")
        self.content = self.configuration_of("web")["content"]
        self.modules = self.emulator.modules("device01")
        self.assertEqual(list(self.modules), ["module"])
        self.ns.kubectl("delete", "deployment", "web")
        self.wait_gone("web")
        self.emulator.evaluate()
        self.assertEqual(self.emulator.modules("device01"), self.modules)
        self.assertEqual(self.baselines(), [])
        wait_for("the Event to say so", self.deleted, lambda told: [STAY in text for text in told] == [True])

    def test_devices_without_a_configuration_are_to_be_confirmed(self):
        self.say(baseline=True, baselineCondition=A)
        line = self.connector.logged(r"the baseline would come to (\d+) devices[^\n]*baselineConfirmed: ([^\"\n]*)")
        unconfirmed = line.group(2).split(", ")
        self.assertEqual(int(line.group(1)), len(unconfirmed))
        self.assertIn("device01", unconfirmed)
        never_within("it was created", self.baselines, 2)
        wait_for("the Lease's Event", lambda: self.ns.events("BaselineHeld", "Lease"))
        self.unconfirmed = unconfirmed

    def test_with_the_operators_word_it_takes_the_modules_away(self):
        self.say(baseline=True, baselineCondition=A, baselineConfirmed=self.unconfirmed)
        baseline = wait_for("the baseline", self.baselines, lambda seen: len(seen) == 1)[0]
        self.assertEqual(baseline["priority"], 0)
        self.assertEqual(baseline["targetCondition"], A)
        agent = baseline["content"]["modulesContent"]["$edgeAgent"]["properties.desired"]
        self.assertEqual(agent["modules"], {})
        self.assertEqual(agent["systemModules"]["edgeAgent"]["settings"]["image"], "mcr.microsoft.com/azureiotedge-agent:1.5")
        wait_for("device01 to be empty", lambda: self.emulator.modules("device01"), lambda seen: seen == {})

    def test_a_deployment_above_it_really_goes(self):
        self.ns.apply(edge_deployment("web", annotations={"priority": "1"}))
        self.ns.wait_ready("web")
        self.assertEqual(self.emulator.modules("device01"), self.modules)
        self.assertEqual(len(self.baselines()), 1)
        self.ns.kubectl("delete", "deployment", "web")
        self.wait_gone("web")
        wait_for("device01 to be empty", lambda: self.emulator.modules("device01"), lambda seen: seen == {})
        wait_for("the Event to say no more", self.deleted, lambda told: sorted(STAY in text for text in told) == [False, True])

    def test_priority_0_is_its_own(self):
        self.ns.apply(edge_deployment("low", annotations={"priority": "0"}))
        wait_for("the Event", lambda: self.ns.events("PriorityReserved"))
        self.assertEqual(self.ids_of("low"), [])
        self.ns.kubectl("delete", "deployment", "low")

    def test_an_unchanged_one_costs_nothing(self):
        self.connector.restart()
        self.connector.wait_leads()
        since = self.emulator.last_call()
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])
        self.assertEqual([c for c in self.emulator.calls(since) if c["method"] == "POST"], [])

    def test_it_follows_the_configuration(self):
        before = self.baselines()[0]["id"]
        since = self.emulator.last_call()
        self.say(
            baseline=True,
            baselineCondition=A,
            systemModules={"edgeAgentImage": "example/agent:1.5.9"},
        )
        wait_for("the new one alone", self.baselines, lambda seen: len(seen) == 1 and seen[0]["id"] != before)
        new = self.baselines()[0]["id"]
        self.assertEqual(self.emulator.writes(since), [("PUT", new), ("DELETE", before)])
        wait_for(
            "the device's edge agent",
            lambda: self.emulator.modules("device01", system=True),
            lambda seen: seen.get("edgeAgent") == "example/agent:1.5.9",
        )

    def test_it_goes_by_word_only(self):
        self.say()
        self.connector.wait_in_step()
        self.assertEqual(len(self.baselines()), 1)
        self.say(baseline=False)
        wait_for("it to go", self.baselines, lambda seen: not seen)

    def test_it_waits_for_another_base_of_priority_0(self):
        body = {"id": "by-hand", "content": self.content, "targetCondition": "tags.testtag='none'", "priority": 0}
        self.emulator.service("PUT", "/configurations/by-hand", body)
        self.say(baseline=True, baselineCondition=A, baselineConfirmed="*")
        self.connector.logged(r"the baseline is not created: configuration by-hand has priority 0 as well")
        self.assertEqual(self.baselines(), [])
        self.emulator.service("DELETE", "/configurations/by-hand", **{"If-Match": '"*"'})
        wait_for("the baseline", self.baselines, lambda seen: len(seen) == 1)
