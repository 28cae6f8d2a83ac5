"""An API server that is away for as long as a cluster's repair takes."""

import os

from harness import never_within, say, wait_for
from objects import edge_deployment, module_images
from test_api_server import OwnControlPlane

MINUTES = float(os.environ.get("AWAY_MINUTES", "5"))


class AwayForMinutes(OwnControlPlane):
    def test_three_are_on_the_hub(self):
        self.stand()

    def test_nothing_changes_meanwhile(self):
        self.test_run.control_plane.stop()
        on_hold = "the Lease cannot be renewed"
        wait_for("the hub to be on hold", lambda: on_hold in self.connector.readyz()[1], deadline=90)
        never_within("a write while the API server is away", self.wrote, MINUTES * 60)

    def test_nothing_is_to_do_when_it_is_back(self):
        self.test_run.control_plane.start()
        self.connector.wait_leads()
        self.connector.wait_in_step(90)
        self.assert_untouched()
        say(f"       the API server away for {MINUTES:g} min: no write on the hub, none when it is back")

    def test_changes_are_followed_again(self):
        self.ns.apply(edge_deployment("first", {"module": "example/module:2"}))
        wait_for(
            "the change alone on the hub",
            lambda: self.configuration_of("first"),
            lambda c: c and module_images(c) == {"module": "example/module:2"},
            60,
        )
        self.assertEqual(self.emulator.gaps(self.since), [])
