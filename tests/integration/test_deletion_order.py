"""What belongs together goes in any order, and slowly: no configuration comes to a hub in between."""

import contextlib

from harness import SAMPLES, never_within, wait_for
from kubernetes import Namespace
from objects import config_map, edge_deployment, module_images
from suite import Topic

POLICIES = "/apis/admissionregistration.k8s.io/v1"
HOLD = "tests.example/hold"
# The connector takes a ConfigMap for missing after COUNTS seconds. Settling is long enough for one kubectl apply.
COUNTS = 6
LONG = 2 * COUNTS
SYNC = {"settle": "2s", "absence": f"{COUNTS}s"}


class DeletionOrder(Topic):
    sync = SYNC

    def stand(self, name, **data):
        """A Deployment that reads a ConfigMap, on the hub and ready; its configuration's id."""
        self.ns.apply(config_map(f"{name}-module", **(data or {"version": "7"})),
                      edge_deployment(name, {f"{name}-module": "example/module:1"}))
        self.ns.wait_ready(name)
        return self.wait_configuration(name)["id"]

    def wrote(self):
        return self.emulator.writes(self.since)

    def missing(self, deployment):
        return [e for e in self.ns.events("ConfigMapMissing") if e["involvedObject"]["name"] == deployment]

    def release(self, deployment):
        if self.ns.get("deployments", deployment):
            self.ns.patch("deployments", deployment, {"metadata": {"finalizers": []}})

    def test_the_sample_is_deleted_in_any_order(self):
        """Slowly: each object is gone for longer than the settling when the next one goes."""
        kinds = [line.split()[1].lower() for line in (SAMPLES / "sample01.yaml").read_text().splitlines() if line.startswith("kind:")]
        self.assertEqual(sorted(set(kinds)), ["configmap", "deployment"])
        names = self.ns.kubectl("create", "--dry-run=client", "-o", "name", "-f", SAMPLES / "sample01.yaml").split()
        deployment = next(name for name in names if name.startswith("deployment"))
        maps = [name for name in names if name != deployment]
        for order in [[deployment, *maps], [*maps, deployment], [maps[0], deployment, *maps[1:]]]:
            self.since = self.emulator.last_call()
            self.ns.apply(SAMPLES / "sample01.yaml")
            self.ns.wait_ready(deployment.split("/")[1])
            for name in order:
                self.ns.kubectl("delete", name)
                self.connector.wait_in_step()
            wait_for("the hub to be empty", self.emulator.configurations, lambda found: not found)
            methods = [method for method, _ in self.wrote()]
            self.assertEqual(methods, ["PUT", "DELETE"], order)
            self.assertEqual(len({id_ for _, id_ in self.wrote()}), 1)

    def test_a_config_map_that_goes_and_comes_back_changes_nothing(self):
        self.stand("flicker")
        self.since = self.emulator.last_call()
        for _ in range(3):
            self.ns.delete("configmaps", "flicker-module")
            self.ns.apply(config_map("flicker-module", version="7"))
        self.connector.wait_in_step()
        self.connector.wait_in_step()
        self.assertEqual(self.wrote(), [])
        self.assertEqual(self.missing("flicker"), [])
        self.assertEqual(self.ns.get("deployments", "flicker")["status"]["availableReplicas"], 1)

    def test_nothing_counts_while_the_deployment_is_being_deleted(self):
        """Held by a finalizer, as a foreground deletion is by its pods."""
        id_ = self.stand("held")
        self.since = self.emulator.last_call()
        self.ns.patch("deployments", "held", {"metadata": {"finalizers": [HOLD]}})
        with contextlib.ExitStack() as stack:
            stack.callback(self.release, "held")
            self.ns.kubectl("delete", "deployment", "held", "--wait=false")
            self.ns.delete("configmaps", "held-module")
            never_within("a write while the Deployment is being deleted", self.wrote, LONG)
            self.assertEqual(self.missing("held"), [])
        self.wait_gone("held")
        self.assertEqual(self.wrote(), [("DELETE", id_)])

    def test_a_foreground_deletion_is_one_delete(self):
        id_ = self.stand("foreground")
        self.since = self.emulator.last_call()
        self.ns.kubectl("delete", "deployment", "foreground", "--cascade=foreground")
        self.ns.delete("configmaps", "foreground-module")
        self.wait_gone("foreground")
        self.connector.wait_in_step()
        self.assertEqual(self.wrote(), [("DELETE", id_)])

    def test_a_paused_rollout_is_one_replacement_when_it_is_resumed(self):
        first = self.stand("paused")
        self.since = self.emulator.last_call()
        self.ns.kubectl("rollout", "pause", "deployment/paused")
        for number in (2, 3):
            self.ns.kubectl("set", "image", "deployment/paused", f"paused-module=example/module:{number}")
            self.connector.wait_in_step()
        self.ns.apply(config_map("paused-module", version="8"))
        self.connector.wait_in_step()
        self.assertEqual(self.wrote(), [])
        self.ns.kubectl("rollout", "resume", "deployment/paused")
        after = wait_for("what was asked for last", lambda: self.configuration_of("paused"),
                         lambda c: c is not None and module_images(c) == {"paused-module": "example/module:3"})
        self.ns.wait_ready("paused")
        self.assertEqual(self.wrote(), [("PUT", after["id"]), ("DELETE", first)])
        self.assertEqual(self.emulator.gaps(self.since), [])


class TerminatingNamespace(Topic):
    """A namespace loses its objects in any order. Here its Deployments cannot go, and the rest can."""

    sync = SYNC

    def set_up(self):
        super().set_up()
        self.other = self.enter(Namespace(self.test_run, "on-its-way-out"))
        self.stack.callback(self.let_go)
        self.stack.callback(self.drop_policy)

    def hold_deployments(self):
        """Nobody may delete them there."""
        self.api.create(f"{POLICIES}/validatingadmissionpolicies", {
            "metadata": {"name": HOLD.replace("/", ".")},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1"],
                                                        "operations": ["DELETE"], "resources": ["deployments"]}]},
                "matchConditions": [{"name": "there", "expression": f"request.namespace == '{self.other.name}'"}],
                "validations": [{"expression": "false", "message": "held by the test"}],
            },
        })
        self.api.create(f"{POLICIES}/validatingadmissionpolicybindings", {
            "metadata": {"name": HOLD.replace("/", ".")},
            "spec": {"policyName": HOLD.replace("/", "."), "validationActions": ["Deny"]},
        })
        wait_for("the policy to be heeded",
                 lambda: self.api.call("DELETE", self.other.path("deployments", "stays") + "?dryRun=All")[0],
                 lambda status: status == 422)

    def drop_policy(self):
        for kind in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
            self.api.delete(f"{POLICIES}/{kind}/{HOLD.replace('/', '.')}")

    def let_go(self):
        self.api.delete(f"/api/v1/namespaces/{self.other.name}")

    def ids(self):
        return [id_ for id_ in self.emulator.configurations() if id_.startswith(f"{self.other.name}-stays-")]

    def test_what_disappears_in_it_does_not_count(self):
        self.other.apply(config_map("stays-module", version="7"), edge_deployment("stays", {"stays-module": "example/module:1"}))
        self.other.wait_ready("stays")
        (id_,) = self.ids()
        self.hold_deployments()
        since = self.emulator.last_call()
        self.let_go()
        wait_for("the ConfigMap to be gone", lambda: self.other.get("configmaps", "stays-module"), lambda found: found is None)
        never_within("a write while the namespace is being deleted", lambda: self.emulator.writes(since), LONG)
        self.assertIsNotNone(self.other.get("deployments", "stays"))
        self.assertNotIn("ConfigMapMissing", self.connector.text())
        pod = self.other.pod("stays")
        self.assertNotIn("gone", (pod or {"status": {}})["status"].get("message", ""))
        self.drop_policy()
        wait_for("the configuration to be deleted", self.ids, lambda ids: not ids, 90)
        self.assertEqual(self.emulator.writes(since), [("DELETE", id_)])
