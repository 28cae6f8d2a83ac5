"""The model-based test: ROUNDS rounds of random changes and faults from SEED; after each one hub = model, and in the hubs'
whole history nothing that must not be. Among the other tests it is a few rounds that are the same each time, but for when
things meet; `make soak` runs it long, from a random seed."""

import contextlib
import os

from model.rounds import run_rounds
from suite import Topic


SEED, ROUNDS = 187211662, 5


class Model(Topic):
    def set_up(self):
        """The rounds have a world of their own."""

    def test_whatever_comes_between_the_hubs_become_what_the_cluster_says(self):
        seed = int(os.environ.get("SEED") or SEED)
        count = int(os.environ.get("ROUNDS") or ROUNDS)
        with contextlib.ExitStack() as stack:
            rounds = run_rounds(self.test_run, stack, seed, count)
        self.assertEqual(rounds.number, count)
