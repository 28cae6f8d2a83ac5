"""kill -9 of the connector at nine points: a create, a replacement and a delete, each before it was sent, before its
answer came and after it. The end is always the same."""

from harness import wait_for
from objects import edge_deployment, module_images
from suite import Topic

FIRST, SECOND = {"module": "example/module:1"}, {"module": "example/module:2"}


class Crash(Topic):
    def set_up(self):
        super().set_up()
        # When all of ours would go, the brake would hold; and what has nothing to do with it must be left alone.
        self.ns.apply(edge_deployment("standing"))
        self.standing = self.wait_configuration("standing")
        self.ns.wait_ready("standing")
        self.begun = self.emulator.last_call()

    # The points.

    def kill_before_sending(self, change):
        """The list that comes before every write is held, so nothing can be sent."""
        self.emulator.order("GET", "/configurations", "before", count=0)
        self.emulator.wait_held("GET", "before")
        change()

    def kill_before_the_answer(self, change, method):
        """The write has taken effect, and its answer is held."""
        self.emulator.order(method, "/configurations/", "after")
        change()
        self.emulator.wait_held(method, "after")

    def kill_after_the_answer(self, change, method):
        """The call that follows the write's answer is held. The connector stands still while the one fault is exchanged
        for the other."""
        self.kill_before_the_answer(change, method)
        self.connector.freeze()
        self.emulator.clear_faults()
        wait_for(
            "the answer to go out",
            lambda: self.emulator.calls(self.since),
            lambda calls: any(c["method"] == method and c["committed"] and c["answered"] for c in calls),
        )
        self.emulator.order(None, "/", "before", count=0)
        self.connector.thaw()
        wait_for("the call after the answer to be held", self.emulator.held)

    def crash(self, point, change, *method):
        self.since = self.emulator.last_call()
        point(change, *method)
        self.connector.kill()
        self.emulator.clear_faults()
        self.connector.start()
        self.connector.wait_leads()

    # The changes. Each returns when the cluster shows it.

    def create(self, name):
        self.ns.apply(edge_deployment(name, FIRST))

    def replace(self, name):
        self.ns.apply(edge_deployment(name, SECOND))

    def delete(self, name):
        self.ns.kubectl("delete", "deployment", name, "--wait=false")
        wait_for(
            f"Deployment {name} to be gone", lambda: self.ns.get("deployments", name), lambda stored: stored is None
        )

    def stand(self, name):
        """It is there before the change to come."""
        self.create(name)
        self.wait_configuration(name)
        self.ns.wait_ready(name)

    # The ends.

    def check_end(self, name, images, writes):
        """One configuration with these modules (None: none), by just these writes that took effect."""
        if images:
            wait_for(
                f"{name} to be on the hub once, as it should be",
                lambda: self.configuration_of(name),
                lambda c: c is not None and module_images(c) == images,
            )
            self.ns.wait_ready(name)
        else:
            self.wait_gone(name)
            wait_for("its pods to be gone", lambda: self.ns.pods(name), lambda pods: not pods)
        self.connector.wait_in_step()
        self.assertEqual(len(self.ids_of(name)), 1 if images else 0)
        self.assertEqual([method for method, _ in self.emulator.writes(self.since)], writes)
        self.assertEqual(self.emulator.gaps(self.since) if images else [], [])
        self.assertEqual(self.emulator.configurations()[self.standing["id"]]["etag"], self.standing["etag"])
        for device in ("device01", "device03"):
            wait_for(f"{device} to run some module of ours", lambda: self.emulator.modules(device))

    def created(self, name):
        self.check_end(name, FIRST, ["PUT"])

    def replaced(self, name):
        self.check_end(name, SECOND, ["PUT", "DELETE"])

    def deleted(self, name):
        self.check_end(name, None, ["DELETE"])

    # The nine.

    def test_a_create_before_it_is_sent(self):
        self.crash(self.kill_before_sending, lambda: self.create("create-before"))
        self.created("create-before")

    def test_a_create_before_its_answer(self):
        self.crash(self.kill_before_the_answer, lambda: self.create("create-between"), "PUT")
        self.created("create-between")

    def test_a_create_after_its_answer(self):
        self.crash(self.kill_after_the_answer, lambda: self.create("create-after"), "PUT")
        self.created("create-after")

    def test_a_replacement_before_it_is_sent(self):
        self.stand("replace-before")
        self.crash(self.kill_before_sending, lambda: self.replace("replace-before"))
        self.replaced("replace-before")

    def test_a_replacement_before_its_answer(self):
        self.stand("replace-between")
        self.crash(self.kill_before_the_answer, lambda: self.replace("replace-between"), "PUT")
        self.replaced("replace-between")

    def test_a_replacement_after_its_answer(self):
        self.stand("replace-after")
        self.crash(self.kill_after_the_answer, lambda: self.replace("replace-after"), "PUT")
        self.replaced("replace-after")

    def test_a_delete_before_it_is_sent(self):
        self.stand("delete-before")
        self.crash(self.kill_before_sending, lambda: self.delete("delete-before"))
        self.deleted("delete-before")

    def test_a_delete_before_its_answer(self):
        self.stand("delete-between")
        self.crash(self.kill_before_the_answer, lambda: self.delete("delete-between"), "DELETE")
        self.deleted("delete-between")

    def test_a_delete_after_its_answer(self):
        self.stand("delete-after")
        self.crash(self.kill_after_the_answer, lambda: self.delete("delete-after"), "DELETE")
        self.deleted("delete-after")
