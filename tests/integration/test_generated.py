"""Generated Deployments as the webhook completes them, given to the real API server by dry run."""

import json
import subprocess

from harness import say
from suite import Topic

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1"
KINDS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
LEAST = 2000
# Not all that are generated are valid; of some the API server refuses what they were made from.
GENERATED = 10 * LEAST


class GeneratedReviews(Topic):
    def set_up(self):
        """No connector: what it would say of each is computed beforehand, by its own functions."""
        self.set_up_namespace()
        for kind in KINDS:
            self.api.delete(f"{WEBHOOKS}/{kind}/iot-edge-connector")
        self.stack.callback(self.test_run.register)

    def reviews(self):
        """Those that the webhook would admit. Not all texts are UTF-8."""
        program = self.test_run.build / "tests" / "unit" / "test_translate_generated"
        lines = subprocess.run(
            [program, "--print", str(GENERATED)], capture_output=True, timeout=120, check=True
        ).stdout.decode(errors="replace").split("\n")
        for line in filter(None, lines):
            review = json.loads(line)
            if review["admitted"]:
                yield review

    def dry_run(self, deployment):
        """(status, message) of its creation."""
        if isinstance(deployment["metadata"], dict):
            deployment["metadata"]["namespace"] = self.ns.name
        status, answer = self.api.call("POST", self.ns.path("deployments") + "?dryRun=All", deployment)
        return status, answer.get("message")

    def test_what_is_completed_and_admitted_is_taken(self):
        taken = refused = 0
        for review in self.reviews():
            status, message = self.dry_run(review["outcome"])
            if status == 201:
                taken += 1
            else:
                # Then it refused already what came in, and for the same reasons.
                refused += 1
                self.assertEqual(self.dry_run(review["object"]), (status, message), review["patch"])
            if taken == LEAST:
                say(f"       {taken} were taken, and {refused} refused as they would have been without us")
                return
        self.fail(f"of {GENERATED} generated reviews only {taken} were taken")
