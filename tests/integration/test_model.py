"""The model-based test: ROUNDS rounds (50) of random changes and faults from SEED; after each one hub = model, and in the
hubs' whole history nothing that must not be. `make soak` runs it long."""

import contextlib
import os
import secrets

from model.rounds import run_rounds
from suite import Topic


class Model(Topic):
    def set_up(self):
        """The rounds have a world of their own."""

    def test_whatever_comes_between_the_hubs_become_what_the_cluster_says(self):
        seed = int(os.environ.get("SEED") or secrets.randbelow(2**31))
        count = int(os.environ.get("ROUNDS") or 50)
        with contextlib.ExitStack() as stack:
            rounds = run_rounds(self.test_run, stack, seed, count)
        self.assertEqual(rounds.number, count)
