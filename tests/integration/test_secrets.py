"""Secrets: where they may be used, that their values follow, and that they go nowhere but to the hub."""

import base64
import contextlib
import json

from harness import wait_for
from kubernetes import Namespace
from objects import agent_desired, edge_deployment
from suite import Topic

CANARY = "canary-7c1f0b5e"
ROLES = "/apis/rbac.authorization.k8s.io/v1"


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def secret(name, **data):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "data": {key: encoded(value) for key, value in data.items()},
    }


def registry_secret(name, password):
    auths = {"auths": {"registry.example": {"username": "puller", "password": password}}}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": name},
        "data": {".dockerconfigjson": encoded(json.dumps(auths))},
    }


def reader(name, image="registry.example/module:1", key="token"):
    """A Deployment that needs a Secret for its module and one for its image."""
    deployment = edge_deployment(name, {"module": image})
    pod = deployment["spec"]["template"]["spec"]
    pod["containers"][0]["env"] = [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "login", "key": key}}}]
    pod["imagePullSecrets"] = [{"name": "registry"}]
    return deployment


class Secrets(Topic):
    secrets_from = ("secrets",)
    chain = True

    def set_up_namespace(self):
        super().set_up_namespace()
        self.assertEqual((self.ns.name,), self.secrets_from)
        self.unlisted = self.enter(Namespace(self.test_run, "secrets-unlisted"))

    def allow(self):
        """The rights of the connector in the one namespace."""
        self.api.create(
            f"{ROLES}/namespaces/{self.ns.name}/rolebindings",
            {
                "metadata": {"name": "iot-edge-connector-secrets"},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": "iot-edge-connector-secrets",
                },
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "connector"}],
            },
        )

    def value_on_the_hub(self, configuration):
        return agent_desired(configuration)["modules"]["module"]["env"]["TOKEN"]["value"]

    def test_without_the_right_only_who_reads_secrets_waits_and_is_told(self):
        self.ns.apply(secret("login", token=f"{CANARY}-1", other="other"), registry_secret("registry", f"{CANARY}-pull"))
        self.ns.apply(edge_deployment("plain"), reader("reader"))
        self.ns.wait_ready("plain")
        for kind in ("Deployment", "Pod"):
            events = wait_for("an Event SecretsUnreadable", lambda: self.ns.events("SecretsUnreadable", kind))
            self.assertTrue(events[0]["involvedObject"]["name"].startswith("reader"))
            self.assertIn("forbidden", events[0]["message"])
        self.assertEqual(self.ids_of("reader"), [])

    def test_with_it_the_values_reach_the_hub(self):
        self.allow()
        configuration = self.wait_configuration("reader")
        self.ns.wait_ready("reader")
        self.assertEqual(self.value_on_the_hub(configuration), f"{CANARY}-1")
        settings = agent_desired(configuration)["runtime"]["settings"]
        self.assertEqual(
            list(settings["registryCredentials"].values()),
            [{"username": "puller", "password": f"{CANARY}-pull", "address": "registry.example"}],
        )
        self.assertEqual(configuration["labels"]["iot-edge-connector-secrets"], "login,registry")

    def test_the_user_is_warned_once(self):
        _, _, errors = self.ns.kubectl_try(
            "apply", "--dry-run=server", "-f", "-", stdin=reader("reader", "registry.example/module:2")
        )
        self.assertEqual(errors.count("values of Secrets leave the cluster"), 1, errors)

    def test_a_changed_secret_is_a_new_configuration(self):
        before, since = self.configuration_of("reader"), self.emulator.last_call()
        self.ns.apply(secret("login", token=f"{CANARY}-2", other="other"))
        after = wait_for(
            "the new value on the hub",
            lambda: self.configuration_of("reader"),
            lambda c: c is not None and self.value_on_the_hub(c) == f"{CANARY}-2",
        )
        self.ns.wait_ready("reader")
        self.assertEqual(self.emulator.writes(since), [("PUT", after["id"]), ("DELETE", before["id"])])
        self.assertEqual(self.emulator.gaps(since), [])

    def test_one_that_nobody_reads_calls_no_hub(self):
        since = self.emulator.last_call()
        self.ns.apply(secret("unread", token=f"{CANARY}-unread"))
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])

    def test_one_that_is_deleted_leaves_what_is_there(self):
        since = self.emulator.last_call()
        self.ns.kubectl("delete", "secret", "login")
        events = wait_for("an Event", lambda: self.ns.events("InvalidEdgeDeployment"))
        self.assertIn("there is no Secret of this name", events[0]["message"])
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])
        self.ns.apply(secret("login", token=f"{CANARY}-2", other="other"))
        self.ns.wait_ready("reader")
        self.assertEqual(self.emulator.writes(since), [])

    def test_after_a_restart_nothing_is_done(self):
        since = self.emulator.last_call()
        self.connector.restart()
        self.connector.wait_leads()
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])

    def test_elsewhere_they_are_refused_by_their_fields(self):
        self.unlisted.apply(secret("login", token=f"{CANARY}-3"), registry_secret("registry", f"{CANARY}-pull"))
        status, output, errors = self.unlisted.kubectl_try("apply", "-f", "-", stdin=reader("reader"))
        self.assertEqual((status, output), (1, ""))
        self.assertIn("spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef: Forbidden", errors)
        self.assertIn("spec.template.spec.imagePullSecrets: Forbidden", errors)
        self.assertIn("secretsFrom", errors)
        self.assertIsNone(self.unlisted.get("deployments", "reader"))

    def test_what_a_hub_says_of_them_is_not_repeated(self):
        """It may quote what it does not like."""
        self.emulator.order("PUT", f"/configurations/{self.ns.name}-reader-", "before", "status:400", count=0)
        with contextlib.ExitStack() as stack:
            stack.callback(self.emulator.clear_faults)
            self.ns.apply(secret("login", token=f"{CANARY}-4", other="other"))
            events = wait_for("an Event RefusedByHub", lambda: self.ns.events("RefusedByHub"))
            self.assertRegex(events[0]["message"], r"HTTP status 400[^:]*\(its words are left out")
        wait_for(
            "the new value on the hub",
            lambda: self.configuration_of("reader"),
            lambda c: c is not None and self.value_on_the_hub(c) == f"{CANARY}-4",
        )
        self.ns.wait_ready("reader")

    def test_the_values_are_nowhere_else(self):
        texts = {
            "/metrics": self.connector.health("/metrics")[1],
            "/readyz": self.connector.health("/readyz")[1],
            "Events": json.dumps(self.api.get("/api/v1/events")) + self.ns.kubectl("get", "events", "-A", "-o", "yaml"),
            "the Lease": json.dumps(self.ns.list("leases")),
            "Deployments": json.dumps(self.ns.list("deployments")),
            "pods": json.dumps(self.ns.list("pods")),
            **{str(process.log): process.log.read_text(errors="replace") for process in (self.connector, self.node)},
        }
        for place, text in texts.items():
            self.assertGreater(len(text), 0, place)
            for number in ("1", "2", "4", "pull", "unread"):
                self.assertNotIn(f"{CANARY}-{number}", text, place)
                self.assertNotIn(encoded(f"{CANARY}-{number}").rstrip("="), text, place)
        self.assertIn(CANARY, json.dumps(self.configuration_of("reader")))
