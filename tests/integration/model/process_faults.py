"""What happens to the connector's processes: killed where it hurts most, stopped and woken, cut off from the Lease."""

import time

from model.world import LEASE_SECONDS, UNITS

LIST, ONE = "/configurations", "/configurations/"
# Where a call to a hub can be interrupted.
BOUNDARIES = [
    (f"connector killed {'after' if when == 'after' else 'before'} a {name} took effect", method, path, when)
    for name, method, path in (("write", "PUT", ONE), ("delete", "DELETE", ONE), ("list", "GET", LIST))
    for when in ("before", "after")
]
HELD_SECONDS = 2.0


class ProcessFaults:
    def __init__(self, random, world, user, history):
        self.random, self.world, self.user, self.history = random, world, user, history

    def kinds(self):
        return []

    def _standing(self):
        """A Deployment that stands on a hub and is followed."""
        model = self.user.model
        followed = [slot for slot in model.living() if not model.is_frozen(slot) and model.said(slot).replicas]
        return self.random.choice(followed or model.living())

    def heavy_kinds(self):
        found = [
            (name, lambda rest=rest: KilledAtCall(self.world, *rest, self.random.random() < 0.5))
            for name, *rest in BOUNDARIES
        ]
        found += [
            ("connector killed", lambda: Killed(self.world, 1)),
            ("both replicas killed", lambda: Killed(self.world, 2)),
            ("connector restarted", lambda: Restarted(self.world)),
            ("leader stopped and woken before the Lease ends", lambda: FrozenShortly(self.world)),
            ("leader stopped and woken after another has taken over", lambda: Frozen(self.world, self.history, None)),
            ("leader stopped with a write on its way", lambda: Frozen(self.world, self.history, "PUT")),
            ("leader stopped with a delete on its way", lambda: Frozen(self.world, self.history, "DELETE")),
            ("leader stopped with a delete on its way that the user takes back",
             lambda: TakenBack(self.world, self.history, self.user, self._standing())),
            ("leader cut off from the API server", lambda: CutOff(self.world, self.history)),
            ("a budget of few units", lambda: FewUnits(self.world, self.history)),
        ]
        return found


def wait_held(world, method, when):
    """Until a hub holds such a call; whether one came. Not every round has one to come."""
    until = time.monotonic() + HELD_SECONDS
    while time.monotonic() < until:
        for hub in world.hubs.values():
            if any(call["method"] == method and call["when"] == when for call in hub.held()):
                return True
        time.sleep(0.02)
    return False


def hold(world, method, path, when):
    for hub in world.hubs.values():
        hub.order(method, path, when, "hold", 1)


class KilledAtCall:
    """kill -9 exactly between two steps of a call. What was on its way before is dropped, or takes effect after the
    death of its sender."""

    def __init__(self, world, method, path, when, late):
        self.world, self.method, self.path, self.when, self.late = world, method, path, when, late

    def begin(self):
        hold(self.world, self.method, self.path, self.when)

    def end(self):
        if wait_held(self.world, self.method, self.when):
            for replica in self.world.replicas:
                if replica.leads_now():
                    replica.kill()
        for hub in self.world.hubs.values():
            hub.admin("DELETE", "/faults" if self.late else "/faults?drop=true")
        for replica in self.world.replicas:
            if not replica.runs():
                replica.start()


class Killed:
    def __init__(self, world, count):
        self.world, self.count = world, count

    def begin(self):
        leader = self.world.leader() or self.world.replicas[0]
        for replica in [leader] if self.count == 1 else self.world.replicas:
            replica.kill()

    def end(self):
        for replica in self.world.replicas:
            if not replica.runs():
                replica.start()


class Restarted:
    def __init__(self, world):
        self.world = world

    def begin(self):
        self.replica = self.world.leader() or self.world.replicas[0]
        self.replica.stop()

    def end(self):
        self.replica.start()


class FrozenShortly:
    def __init__(self, world):
        self.world = world

    def begin(self):
        self.replica = self.world.leader()
        if self.replica:
            self.replica.freeze()

    def end(self):
        if self.replica:
            self.replica.thaw()


class Frozen:
    """The other one takes over. What the stopped one had sent takes effect after that, and then it wakes."""

    def __init__(self, world, history, method):
        self.world, self.history, self.method = world, history, method
        self.replica = None

    def begin(self):
        if self.method:
            hold(self.world, self.method, ONE, "before")
        else:
            self._freeze()

    def _freeze(self):
        self.replica = self.world.leader()
        if self.replica:
            self.terms = self.replica.terms()
            self.replica.freeze()

    def end(self):
        if self.method and wait_held(self.world, self.method, "before"):
            self._freeze()
        if self.replica:
            self._meanwhile()
            self._wait_taken_over()
        for hub in self.world.hubs.values():
            hub.clear_faults()
        if self.replica:
            self.replica.thaw()

    def _meanwhile(self):
        """Between the stop and the takeover."""

    def _wait_taken_over(self):
        self.world.wait_leader()
        self.history.note_takeover(self.replica, self.terms)


class TakenBack(Frozen):
    """What the stopped leader is about to delete is wanted again: its successor may not delete the other one before
    that call can no longer take effect."""

    def __init__(self, world, history, user, slot):
        super().__init__(world, history, "DELETE")
        self.user, self.slot = user, slot

    def begin(self):
        self.before = self.user.model.said(self.slot)
        hold(self.world, "DELETE", f"{ONE}{self.slot.namespace}-{self.slot.name}-", "before")
        self.user.set_image(self.slot)

    def _meanwhile(self):
        now = self.user.model.said(self.slot)
        if not now:
            return
        self.user.set_image(self.slot, self.before.image)
        if now.restarted != self.before.restarted:
            self.user.restart_at(self.slot, self.before.restarted)

    def _wait_taken_over(self):
        super()._wait_taken_over()
        # The new leader sees both, and the one that is wanted is evaluated long since.
        time.sleep(2.5)


class CutOff:
    """Its Lease ends while it runs, and another takes over."""

    def __init__(self, world, history):
        self.world, self.history = world, history

    def begin(self):
        self.replica = self.world.leader()
        if self.replica:
            self.terms = self.replica.terms()
            self.replica.proxy.shut()

    def end(self):
        if not self.replica:
            return
        until = time.monotonic() + 4 * LEASE_SECONDS
        other = self.world.other(self.replica)
        while time.monotonic() < until and not other.leads_now():
            time.sleep(0.05)
        if other.leads_now():
            self.history.note_takeover(self.replica, self.terms)
            time.sleep(1)
        self.replica.proxy.open()


class FewUnits:
    """One replica alone, which is told that the hubs have few units: many changes wait for few calls."""

    UNITS = 3
    SECONDS = 3

    def __init__(self, world, history):
        self.world, self.history = world, history

    def begin(self):
        for replica in self.world.replicas:
            replica.stop()
            replica.believed_units = self.UNITS
        self.last = {name: hub.last_call() for name, hub in self.world.hubs.items()}
        self.world.replicas[0].start()

    def end(self):
        self.world.wait_leader()
        time.sleep(self.SECONDS)
        self.history.judge_pace(self.last, self.UNITS)
        self.world.replicas[0].stop()
        for replica in self.world.replicas:
            replica.believed_units = UNITS
            replica.start()
