"""Configurations of others on the hub: adopted, left alone, told of."""

from harness import never_within, wait_for
from objects import edge_deployment
from suite import Topic

ADOPT = "iot-edge-connector/adopt"
REPLACE = "iot-edge-connector/replace-system-modules"
OWNER = "iot-edge-connector-owner"
LEAKED = "old-7d4b9c6f5d-x2x4z"
B = "tags.testtag='B'"


def with_own(deployment, **annotations):
    deployment["metadata"]["annotations"] = annotations
    return deployment


class Neighbours(Topic):
    def put(self, id_, content, condition, priority=10, labels=None):
        """As somebody else would."""
        body = {
            "id": id_,
            "content": content,
            "targetCondition": condition,
            "priority": priority,
            "labels": labels or {},
        }
        self.emulator.service("PUT", f"/configurations/{id_}", body)
        self.emulator.evaluate()

    def remove(self, id_):
        self.emulator.service("DELETE", f"/configurations/{id_}", **{"If-Match": '"*"'})

    def content_of(self, name):
        """What a Deployment like this is translated to."""
        self.ns.apply(edge_deployment(name))
        self.wait_configuration(name)
        content = self.configuration_of(name)["content"]
        self.ns.kubectl("delete", "deployment", name)
        self.wait_gone(name)
        return content

    def waiting(self, name):
        states = (self.ns.pod(name) or {}).get("status", {}).get("containerStatuses", [])
        return [state["state"].get("waiting", {}).get("reason") for state in states]

    def test_the_same_content_is_adopted_in_place(self):
        content = self.content_of("same")
        self.put("by-hand", content, "tags.testtag='A'", 4)
        since = self.emulator.last_call()
        self.ns.apply(with_own(edge_deployment("same"), **{ADOPT: "true"}))
        self.ns.wait_ready("same")
        self.assertEqual(self.emulator.writes(since), [("PUT", "by-hand")])
        adopted = self.emulator.configurations()["by-hand"]
        self.assertEqual(adopted["content"], content)
        self.assertEqual(adopted["priority"], 10)
        self.assertEqual(adopted["labels"]["iot-edge-connector-name"], "same")
        self.assertEqual(self.emulator.gaps(since), [])
        # Ours from now on, with all that follows.
        self.ns.kubectl("delete", "deployment", "same")
        wait_for("it to go", self.emulator.configurations, lambda there: "by-hand" not in there)

    def test_without_the_word_it_is_left_alone(self):
        content = self.content_of("alone")
        self.put("by-hand", content, "tags.testtag='A'", 4)
        before = self.emulator.configurations()["by-hand"]["etag"]
        self.ns.apply(edge_deployment("alone"))
        self.ns.wait_ready("alone")
        self.wait_configuration("alone")
        self.assertEqual(self.emulator.configurations()["by-hand"]["etag"], before)
        self.ns.kubectl("delete", "deployment", "alone")
        self.wait_gone("alone")
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.configurations()["by-hand"]["etag"], before)
        self.remove("by-hand")

    def test_what_the_original_left_behind_goes_when_its_successor_is_there(self):
        content = self.content_of("old")
        agent = content["modulesContent"]["$edgeAgent"]["properties.desired"]
        agent["systemModules"]["edgeAgent"]["settings"]["image"] = "mcr.microsoft.com/azureiotedge-agent:1.0"
        self.put(LEAKED, content, "tags.testtag='A'", 10, {"app": "old", "pod-template-hash": "7d4b9c6f5d"})
        since = self.emulator.last_call()
        deployment = with_own(edge_deployment("old"), **{ADOPT: "true"})
        self.ns.apply(deployment)
        wait_for("the waiting reason", lambda: self.waiting("old"), lambda seen: seen == ["SystemModulesWouldChange"])
        wait_for("the Event", lambda: self.ns.events("SystemModulesWouldChange"))
        never_within("something was written", lambda: self.emulator.writes(since), 1)
        self.ns.apply(with_own(deployment, **{ADOPT: "true", REPLACE: "true"}))
        self.ns.wait_ready("old")
        wait_for("the old one to go", self.emulator.configurations, lambda there: LEAKED not in there)
        new = self.ids_of("old")
        self.assertEqual(len(new), 1)
        self.assertEqual(
            self.emulator.writes(since), [("PUT", new[0]), ("PUT", LEAKED), ("DELETE", LEAKED)]
        )
        self.assertEqual(self.emulator.gaps(since), [])

    def test_equal_priorities_are_told(self):
        self.ns.apply(edge_deployment("first", condition=B))
        self.ns.wait_ready("first")
        self.assertEqual(self.ns.events("PriorityTie"), [])
        self.ns.apply(edge_deployment("second", condition=B + " AND deviceId != 'spare'"))
        wait_for(
            "both to be told",
            lambda: {event["involvedObject"]["name"]: event["message"] for event in self.ns.events("PriorityTie")},
            lambda told: f"Deployment {self.ns.name}/second has priority 10 as well" in told.get("first", "")
            and f"Deployment {self.ns.name}/first has priority 10 as well" in told.get("second", ""),
        )
