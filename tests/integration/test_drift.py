"""What somebody else does to our configurations on a hub comes back and is told; what we do ourselves is no drift. Every
change is an Event and a line in the log."""

from harness import never_within, wait_for
from objects import edge_deployment
from suite import Topic

# Apart from the others, whose devices it would take away.
B = "tags.testtag='B'"


class HubEvents(Topic):
    def messages(self, reason, deployment):
        return [
            event["message"]
            for event in self.ns.events(reason)
            if event["involvedObject"]["name"] == deployment
        ]

    def wait_told(self, reason, deployment, *words):
        """Until an Event says all that."""
        return wait_for(
            f"an Event {reason} of {deployment} with {words}",
            lambda: self.messages(reason, deployment),
            lambda messages: any(all(word in message for word in words) for message in messages),
        )


class Drift(HubEvents):
    chain = True

    def foreigner(self, **action):
        self.emulator.admin("POST", "/foreigner", action)

    def test_what_was_deleted_by_hand_comes_back(self):
        self.ns.apply(edge_deployment("drift"))
        self.ns.wait_ready("drift")
        id_ = self.configuration_of("drift")["id"]
        self.foreigner(do="delete", id=id_)
        self.wait_told("DriftCorrected", "drift", f"configuration {id_} had been deleted", "was created to put that right")
        self.assertEqual(self.configuration_of("drift")["id"], id_)
        self.connector.logged(f"warning +hub hub0: somebody else changed .*drift has there: configuration {id_} had been deleted")

    def test_what_was_edited_by_hand_is_as_it_was_again(self):
        before = self.configuration_of("drift")
        self.foreigner(do="edit", id=before["id"], priority=3, targetCondition="tags.testtag='C'", labels={
            **before["labels"], "somebody": "else"})
        self.wait_told("DriftCorrected", "drift", "its priority was 3, not 10",
                       "its target condition was tags.testtag='C', not tags.testtag='A'", "its labels were others",
                       "was updated to put that right")
        after = self.configuration_of("drift")
        for key in ("id", "priority", "targetCondition", "labels", "content"):
            self.assertEqual(after[key], before[key], key)

    def test_one_that_lost_its_labels_is_left_to_whoever_took_it(self):
        before = self.configuration_of("drift")["id"]
        self.foreigner(do="remove-labels", id=before)
        self.wait_told("DriftCorrected", "drift", f"configuration {before} had lost the labels", "was created")
        after = [id_ for id_ in self.ids_of("drift") if id_ != before]
        self.assertEqual(len(after), 1)
        self.connector.wait_in_step()
        self.assertIn(before, self.emulator.configurations())
        self.foreigner(do="delete", id=before)

    def test_a_content_that_is_another_one_is_left_alone(self):
        id_ = self.wait_configuration("drift")["id"]
        content = self.configuration_of("drift")["content"]
        self.foreigner(do="recreate", id=id_, content={**content, "modulesContent": {"$edgeAgent": {}}})
        self.wait_told("ContentAltered", "drift", id_)
        since = self.emulator.last_call()
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])
        self.foreigner(do="delete", id=id_)
        self.wait_told("DriftCorrected", "drift", f"configuration {id_} had been deleted")
        self.ns.wait_ready("drift")

    def test_what_was_done_while_nobody_looked_is_put_right_and_is_no_news(self):
        since = len(self.messages("DriftCorrected", "drift"))
        id_ = self.configuration_of("drift")["id"]
        self.connector.stop()
        self.foreigner(do="edit", id=id_, priority=4)
        self.connector.start()
        wait_for("the priority", lambda: self.configuration_of("drift")["priority"], lambda priority: priority == 10)
        self.wait_told("Updated", "drift", "its priority was 4 and is 10")
        self.assertEqual(len(self.messages("DriftCorrected", "drift")), since)


class Changes(HubEvents):
    chain = True

    def test_a_deployment_that_comes_to_a_hub(self):
        self.ns.apply(edge_deployment("changes", {"module": "example/module:1"}, B))
        self.ns.wait_ready("changes")
        id_ = self.configuration_of("changes")["id"]
        self.wait_told("Synced", "changes", f"configuration {id_} is on hub hub0")
        self.connector.logged(f"info +hub hub0: created configuration {id_} for Deployment {self.ns.name}/changes$")

    def test_new_content(self):
        old = self.configuration_of("changes")["id"]
        self.ns.kubectl("set", "image", "deployment/changes", "module=example/module:2")
        self.wait_told("Deleted", "changes", f"configuration {old} was deleted on hub hub0", "has taken its place")
        new = self.wait_configuration("changes")["id"]
        self.wait_told("Updated", "changes", f"configuration {new} is on hub hub0", f"takes the place of {old}")
        self.connector.logged(f"info +hub hub0: deleted configuration {old} for Deployment {self.ns.name}/changes$")

    def test_a_change_in_place(self):
        id_ = self.configuration_of("changes")["id"]
        self.ns.apply(edge_deployment("changes", {"module": "example/module:2"}, B, annotations={"priority": "12"}))
        self.wait_told("Updated", "changes", f"configuration {id_} on hub hub0 was updated in place", "its priority was 10 and is 12")
        self.ns.wait_ready("changes")

    def test_a_target_condition_that_leaves_devices_leaves_modules_there(self):
        narrow = f"{B} AND deviceId='device02'"
        self.ns.apply(edge_deployment("changes", {"module": "example/module:2"}, narrow, annotations={"priority": "12"}))
        self.wait_told("Updated", "changes", f"its target condition was {B} and is {narrow}",
                       "modules go on running on devices that no other deployment targets")
        self.ns.wait_ready("changes")

    def test_scaled_to_zero(self):
        id_ = self.configuration_of("changes")["id"]
        self.ns.kubectl("scale", "deployment/changes", "--replicas=0")
        self.wait_told("Deleted", "changes", id_, "modules go on running on devices that no other deployment targets")
        self.ns.kubectl("scale", "deployment/changes", "--replicas=1")
        self.ns.wait_ready("changes")

    def test_a_deployment_that_is_gone(self):
        """Nothing is left to look at but the Events of its namespace."""
        self.ns.apply(edge_deployment("short-lived"))
        self.ns.wait_ready("short-lived")
        uid = self.ns.get("deployments", "short-lived")["metadata"]["uid"]
        id_ = self.configuration_of("short-lived")["id"]
        self.ns.kubectl("delete", "deployment", "short-lived")
        self.wait_told("Deleted", "short-lived", id_, "modules go on running")
        self.assertEqual([e["involvedObject"]["uid"] for e in self.ns.events("Deleted")
                          if e["involvedObject"]["name"] == "short-lived"], [uid])

    def test_nothing_of_that_was_drift(self):
        self.connector.wait_in_step()
        self.assertEqual(self.ns.events("DriftCorrected"), [])
        self.assertNotIn("somebody else", self.connector.text())

    def test_a_hub_that_asks_to_wait(self):
        self.emulator.order("PUT", "/configurations/", "before", action="status:429")
        self.ns.apply(edge_deployment("throttled", condition=B))
        self.wait_told("Throttled", "throttled", "hub hub0", "429")
        self.wait_configuration("throttled")

    def test_a_hub_that_cannot_be_used(self):
        self.emulator.order("GET", "/configurations", "before", action="close", count=0)
        self.emulator.order("PUT", "/configurations/", "before", action="close", count=0)
        self.ns.apply(edge_deployment("cut-off", condition=B))
        self.wait_told("SyncFailed", "cut-off", "hub hub0")
        self.emulator.clear_faults()
        self.wait_told("Synced", "cut-off", "is on hub hub0")


class LostAnswers(HubEvents):
    sync = {"hubTimeout": "1s", "resync": "1h"}

    def looked_up(self, since):
        return [(call["method"], call["configuration"]) for call in self.emulator.calls(since)
                if call["path"].startswith("/configurations/")]

    def lists(self, since):
        return [call for call in self.emulator.calls(since) if call["path"] == "/configurations"]

    def losses(self):
        """Answers that do not come: the connection ends, the time is over, the text is cut off, an error is told."""
        return {"closed": "close", "timed-out": "slow:2s", "truncated": "truncate:100", "error": "status:503"}.items()

    def test_a_create_whose_answer_is_lost_is_looked_up_and_made_once(self):
        for name, action in self.losses():
            since = self.emulator.last_call()
            self.emulator.order("PUT", "/configurations/", "after", action=action)
            self.ns.apply(edge_deployment(name, condition=B))
            self.wait_told("Synced", name, "is on hub hub0")
            id_ = self.wait_configuration(name)["id"]
            self.assertEqual(self.looked_up(since), [("PUT", id_), ("GET", id_)], name)
            self.connector.logged(f"created configuration {id_} .*its answer was lost")

    def test_a_create_that_never_arrived_is_made_again(self):
        since = self.emulator.last_call()
        self.emulator.order("PUT", "/configurations/", "before", action="close")
        self.ns.apply(edge_deployment("never-arrived", condition=B))
        id_ = self.wait_configuration("never-arrived")["id"]
        self.assertEqual(self.looked_up(since), [("PUT", id_), ("GET", id_), ("PUT", id_)])

    def test_a_delete_whose_answer_is_lost(self):
        self.ns.apply(edge_deployment("deleted", condition=B))
        id_ = self.wait_configuration("deleted")["id"]
        self.emulator.order("DELETE", "/configurations/", "after", action="close")
        since = self.emulator.last_call()
        self.ns.kubectl("delete", "deployment", "deleted")
        self.wait_told("Deleted", "deleted", id_)
        self.assertEqual(self.looked_up(since), [("DELETE", id_), ("GET", id_)])

    def test_an_update_whose_answer_is_lost(self):
        self.ns.apply(edge_deployment("updated", condition=B))
        id_ = self.wait_configuration("updated")["id"]
        self.emulator.order("PUT", "/configurations/", "after", action="close")
        since = self.emulator.last_call()
        self.ns.apply(edge_deployment("updated", condition=B, annotations={"priority": "11"}))
        self.wait_told("Updated", "updated", id_, "its priority was 10 and is 11")
        self.assertEqual(self.looked_up(since), [("PUT", id_), ("GET", id_)])

    def test_none_of_it_was_drift(self):
        self.assertEqual(self.ns.events("DriftCorrected"), [])


class StaleList(HubEvents):
    """A list that does not show yet what was created: no drift, and no second one."""

    def test_a_list_from_before_the_create(self):
        self.emulator.order("GET", "/configurations", "before", action="stale", count=2)
        self.ns.apply(edge_deployment("stale"))
        self.wait_told("Synced", "stale", "is on hub hub0")
        self.connector.wait_in_step()
        self.emulator.clear_faults()
        self.ns.wait_ready("stale")
        self.assertEqual(self.ns.events("DriftCorrected"), [])
        self.assertEqual([method for method, _ in self.emulator.writes()], ["PUT"])
