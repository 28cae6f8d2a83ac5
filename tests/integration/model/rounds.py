"""Rounds: actions and faults mixed, then quiet, then judgement."""

import collections
import os
import random
import re
import time

from harness import Failure, say, shorten, wait_for
from model.actions import Actions
from model.api_faults import ApiFaults
from model.api_server import ApiServer
from model.foreign import Foreign
from model.history import History
from model.hub_faults import HubFaults
from model.judge import Judge
from model.process_faults import ProcessFaults
from model.state import SLOTS, Model
from model.user import User
from model.world import LEASE_NAMESPACE, World

ACTIONS, LIGHT_FAULTS = (20, 24), (3, 5)
HEAVY_SHARE = 0.35  # of the rounds, those with a fault that takes a Lease's time
QUIET_SECONDS = 60
CONFIRM = "iot-edge-connector/confirm-deletions"


class Difference(Failure):
    """The product did not do what it should."""


class Rounds:
    def __init__(self, run, stack, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.world = World(run, stack)
        self.model = Model()
        self.foreign = Foreign(self.world, self.model)
        self.judge = Judge(self.world, self.model, self.foreign)
        self.history = History(self.world, self.model, self.foreign, self.judge)
        api_server = ApiServer(run)
        user = User(self.world, self.model, api_server)
        self.actions = Actions(self.random, self.model, user)
        makers = [HubFaults(self.random, self.world, user, self.foreign, self.judge),
                  ApiFaults(self.random, self.world, api_server), ProcessFaults(self.random, self.world, user, self.history)]
        self.light = [kind for maker in makers for kind in maker.kinds()]
        self.heavy = [kind for maker in makers[1:] for kind in maker.heavy_kinds()]
        self._only(os.environ.get("FAULTS"))
        self.decks = {"light": [], "heavy": []}
        self.counts = collections.Counter()
        self.action_count = 0
        self.told = []  # what happened in this round, in order
        self.number = 0

    def _only(self, pattern):
        """To look at one thing: kinds of faults whose names match, in every round."""
        if not pattern:
            return
        self.light, self.heavy = ([kind for kind in kinds if re.search(pattern, kind[0])] for kinds in (self.light, self.heavy))
        if not self.light + self.heavy:
            raise Failure(f"no kind of fault matches FAULTS={pattern}")

    def start(self):
        self.world.wait_leader()
        self.foreign.plant_all(SLOTS)
        self._settle(self.actions.begin())

    # A round.

    def run(self):
        self.number += 1
        self.random.seed(f"{self.seed}/{self.number}")
        self.told = []
        begun = time.monotonic()
        faults = self._draw()
        self._settle(self.actions.begin())
        self._act(faults)
        acted = time.monotonic()
        self._settle(self.actions.end())
        return (f"round {self.number}: {', '.join(name for name, _ in faults)} "
                f"({acted - begun:.1f} + {time.monotonic() - acted:.1f} s)")

    def _deal(self, deck, kinds):
        """From a shuffled deck, so that every kind comes before one comes again."""
        if not self.decks[deck]:
            self.decks[deck] = list(kinds)
            self.random.shuffle(self.decks[deck])
        return self.decks[deck].pop()

    def _draw(self):
        count = self.random.randint(*LIGHT_FAULTS) if self.light else 0
        faults = [self._deal("light", self.light) for _ in range(count)]
        if self.heavy and self.random.random() < (HEAVY_SHARE if self.light else 1):
            faults.insert(self.random.randrange(len(faults) + 1), self._deal("heavy", self.heavy))
        return faults

    def _act(self, faults):
        """Each fault begins before some action and ends after a few more."""
        count = self.random.randint(*ACTIONS)
        places = sorted(self.random.sample(range(count), len(faults)))
        plan = {place: (fault, place + self.random.randint(1, 6)) for place, fault in zip(places, faults)}
        begun = []
        for place in range(count):
            for active in [active for active in begun if active[1] <= place]:
                self._end(active)
                begun.remove(active)
            if place in plan:
                (name, make), until = plan[place]
                fault = make()
                self._tell(f"begin: {name}")
                self.counts[name] += 1
                fault.begin()
                begun.append((fault, until, name))
            self._tell(self.actions.act())
            self.action_count += 1
        for active in begun:
            self._end(active)

    def _end(self, active):
        fault, _, name = active
        fault.end()
        self._tell(f"end: {name}")

    def _tell(self, text):
        self.told.append(f"{time.strftime('%H:%M:%S')} {text}")

    # Quiet.

    def _settle(self, done):
        """Ends what is held up and waits until hub = model."""
        for text in done:
            self._tell(text)
        self.action_count += len(done)
        try:
            self.world.mend()
            self._wait_equal(self.world.wait_leader())
        except Failure as error:
            raise Difference(f"{error}\n{self._story()}") from None
        violations = self.history.violations()
        if violations:
            raise Difference("\n".join(violations) + f"\n{self._story()}")
        self.judge.note_quiet(self.judge.look())

    def _wait_equal(self, leader):
        """Equal, and still so after a look at each hub that found nothing to do."""

        def look():
            self._confirm(leader)
            return self.judge.differences()

        wait_for("hub = model", look, lambda found: not found, QUIET_SECONDS)
        leader.wait_in_step()
        wait_for("hub = model to last", look, lambda found: not found, QUIET_SECONDS)

    def _confirm(self, leader):
        """The operator: when the brake holds he looks whether it is true, and gives his word, or waits."""
        held = re.findall(r"(\d+) Deployments are gone without a trace", leader.text())
        if not held or not leader.metrics().get("deletions_blocked"):
            return
        really = sum(1 for slot in SLOTS if not self.model.said(slot))
        if int(held[-1]) > really:
            return
        path = self.world.namespaces[LEASE_NAMESPACE].path("leases", "iot-edge-connector")
        self.world.api.patch(path, {"metadata": {"annotations": {CONFIRM: held[-1]}}})

    def _story(self):
        return f"seed {self.seed}, round {self.number}:\n  " + "\n  ".join(self.told)

    # The end.

    def summary(self, seconds):
        kinds = ", ".join(f"{name}: {count}" for name, count in sorted(self.counts.items()))
        return (f"model: seed {self.seed}, {self.number} rounds, {self.action_count} actions, "
                f"{sum(self.counts.values())} faults of {len(self.counts)} kinds, {self.history.calls} hub calls, "
                f"{seconds:.0f} s [{kinds}]")


def run_rounds(run, stack, seed, count):
    say(f"       the model's seed is {seed}")
    rounds = Rounds(run, stack, seed)
    begun = time.monotonic()
    try:
        rounds.start()
        for _ in range(count):
            say(f"       {shorten(rounds.run(), 400)}")
    except Failure as error:
        cause = " ".join(str(error).split("\nseed ")[0].split())
        what = "different" if isinstance(error, Difference) else "broken off"
        say(f"model: seed {seed}, {what} in round {rounds.number}: {shorten(cause, 600)}")
        raise
    say(rounds.summary(time.monotonic() - begun))
    return rounds
