"""Deployments that were deleted while nobody looked, and the brake that holds when it would be many."""

import time

from harness import never_within, wait_for
from objects import edge_deployment
from suite import Topic

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1"
KINDS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
CONFIRM = "iot-edge-connector/confirm-deletions"
FOREIGN = {
    "id": "foreign",
    "schemaVersion": "1.0",
    "targetCondition": "tags.testtag='C'",
    "priority": 5,
    "labels": {"app": "foreign"},
    "content": {
        "modulesContent": {
            "$edgeAgent": {
                "properties.desired.modules.other": {
                    "settings": {"image": "other:1", "createOptions": "{}"},
                    "type": "docker",
                    "status": "running",
                    "restartPolicy": "always",
                    "version": "1.0",
                }
            }
        }
    },
}


class Absence(Topic):
    chain = True

    def delete_unseen(self, *names, again=False):
        """While the connector does not run; then makes them anew if again."""
        stored = {name: edge_deployment(name) for name in names}
        for name in names if again else ():
            # As it was completed: nobody is there to do it now.
            stored[name]["spec"] = self.ns.get("deployments", name)["spec"]
        self.connector.stop()
        for name in names:
            self.ns.delete("deployments", name, propagationPolicy="Background")
            wait_for(
                f"Deployment {name} to be gone", lambda: self.ns.get("deployments", name), lambda stored: stored is None
            )
        if again:
            self.make_unseen(stored.values())
        self.since = self.emulator.last_call()
        self.connector.start()
        self.connector.wait_leads()

    def make_unseen(self, deployments):
        """Past the webhook, which is down."""
        for kind in KINDS:
            self.api.delete(f"{WEBHOOKS}/{kind}/iot-edge-connector")
        try:
            for deployment in deployments:
                wait_for(
                    "the API server to heed that there is no webhook",
                    lambda: self.api.call("POST", self.ns.path("deployments"), deployment),
                    lambda answer: answer[0] == 201,
                )
        finally:
            self.test_run.register()

    def lease(self):
        return self.ns.get("leases", "iot-edge-connector")

    def confirm(self, number):
        self.ns.kubectl("annotate", "lease", "iot-edge-connector", f"{CONFIRM}={number}", "--overwrite")

    def blocked(self):
        return self.connector.metrics()["deletions_blocked"]

    def test_a_foreign_configuration_is_there(self):
        self.foreign = self.emulator.service("PUT", "/configurations/foreign", FOREIGN)
        for name in ("first", "second", "third", "fourth"):
            self.ns.apply(edge_deployment(name))
        for name in ("first", "second", "third", "fourth"):
            self.wait_configuration(name)

    def test_one_that_was_deleted_unseen_is_deleted_on_the_hub(self):
        (gone,) = self.ids_of("first")
        begun = time.monotonic()
        self.delete_unseen("first")
        self.wait_gone("first")
        self.deleted_after = time.monotonic() - begun
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(self.since), [("DELETE", gone)])
        self.assertEqual(self.blocked(), 0)

    def test_two_lists_were_made_for_it(self):
        """The second one comes an absence time of 2 s after the first."""
        self.assertGreater(self.deleted_after, 2)

    def test_one_that_was_made_anew_unseen_keeps_its_configuration(self):
        before = self.configuration_of("second")
        self.delete_unseen("second", again=True)
        uid = self.ns.get("deployments", "second")["metadata"]["uid"]
        after = wait_for(
            "its configuration to carry the new uid",
            lambda: self.configuration_of("second"),
            lambda c: c is not None and uid in c["labels"].values(),
        )
        self.assertEqual(after["id"], before["id"])
        self.assertEqual(self.emulator.writes(self.since), [("PUT", before["id"])])
        self.assertEqual(self.emulator.gaps(), [])

    def test_when_all_are_gone_nothing_is_deleted(self):
        self.delete_unseen("second", "third", "fourth")
        wait_for("the brake to hold", self.blocked, lambda value: value == 1)
        self.connector.logged(r'3 Deployments are gone without a trace of their deletion; .*says "3"')
        never_within("something was deleted although the brake holds", lambda: self.emulator.writes(self.since), 2)

    def test_a_wrong_number_confirms_nothing(self):
        self.confirm(2)
        never_within("something was deleted on a wrong number", lambda: self.emulator.writes(self.since), 2)
        self.assertEqual(self.blocked(), 1)

    def test_the_right_number_lets_them_go(self):
        self.confirm(3)
        for name in ("second", "third", "fourth"):
            self.wait_gone(name)
        wait_for(
            "the confirmation to be taken away",
            self.lease,
            lambda lease: CONFIRM not in lease["metadata"].get("annotations", {}),
        )
        wait_for("the brake to be open", self.blocked, lambda value: value == 0)

    def test_the_foreign_configuration_was_never_touched(self):
        self.assertEqual(list(self.emulator.configurations()), ["foreign"])
        self.assertEqual(self.emulator.configurations()["foreign"]["etag"], self.foreign["etag"])
        self.assertEqual([write for write in self.emulator.writes() if write[1] == "foreign"], [("PUT", "foreign")])

    def test_an_id_that_someone_else_holds_is_a_conflict(self):
        self.ns.apply(edge_deployment("taken"))
        ours = self.wait_configuration("taken")
        self.ns.kubectl("delete", "deployment", "taken")
        self.wait_gone("taken")
        body = {**FOREIGN, "id": ours["id"]}
        self.emulator.service("PUT", f"/configurations/{ours['id']}", body)
        since = self.emulator.last_call()
        self.ns.apply(edge_deployment("taken"))
        wait_for("a configuration beside the foreign one", lambda: self.ids_of("taken"), lambda ids: len(ids) == 2)
        self.ns.wait_ready("taken")
        self.assertNotIn(ours["id"], [id_ for _, id_ in self.emulator.writes(since)])
