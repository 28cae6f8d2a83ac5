"""kubectl iotedge status and diff: kubectl, the plugin, the API server's proxy and the connector, with a developer's few
rights."""

import base64
import json
import os
import subprocess

from exposed import Exposed
from harness import Connector, Process, free_port, wait_for
from objects import config_map, edge_deployment
from suite import Topic
from users import forget_user, make_user

SERVICE = "the-connector"
DEVELOPER = [
    {
        "apiGroups": [""],
        "resources": ["services/proxy"],
        "resourceNames": [f"https:{SERVICE}:api"],
        "verbs": ["get"],
    },
]


class WithPlugin(Topic):
    """The connector's read API behind a Service of the cluster."""

    def set_up(self):
        super().set_up()
        self.exposed = self.enter(Exposed(self.ns, SERVICE))
        self.connector.stop()
        self.expose(self.connector, "first")
        self.connector.start()
        self.connector.wait_leads()
        self.exposed.lead_to("first")
        self.developer = self.user("developer", DEVELOPER)

    def user(self, name, rules):
        path = make_user(self.ns, name, rules, self.connector.folder)
        self.stack.callback(forget_user, self.ns, name)
        return path

    def expose(self, connector, pod):
        port = self.exposed.port()
        self.exposed.add_pod(pod, port)
        connector.more = {
            "api": {"address": self.exposed.address, "port": port},
            "lease": {"namespace": self.ns.name, "duration": "3s", "identity": f"{pod}_1"},
        }

    def iotedge(self, *arguments, kubeconfig=None, stdin="", **environment):
        """kubectl iotedge as that user: (status, output, errors)."""
        path = f"{self.test_run.build}:{os.environ['PATH']}"
        done = subprocess.run(
            [str(self.test_run.control_plane.kubectl), "iotedge", *map(str, arguments)],
            input=stdin,
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
            env={
                **os.environ,
                "PATH": path,
                "KUBECONFIG": str(kubeconfig or self.developer),
                "IOT_EDGE_CONNECTOR": f"{self.ns.name}/{SERVICE}",
                **environment,
            },
        )
        return done.returncode, done.stdout, done.stderr

    def status(self, *arguments, **options):
        """The answer as an object, and the exit status."""
        status, output, errors = self.iotedge("status", "-n", self.ns.name, "-o", "json", *arguments, **options)
        self.assertIn(status, (0, 1), output + errors)
        self.assertEqual(errors, "")
        return json.loads(output), status

    def place(self, name, hub="hub0"):
        """Where a Deployment stands, and the exit status."""
        answer, status = self.status(name)
        (deployment,) = answer["deployments"]
        self.assertEqual((deployment["namespace"], deployment["name"]), (self.ns.name, name))
        return next((place for place in deployment["hubs"] if place["hub"] == hub), None), status

    def wait_state(self, name, state):
        return wait_for(
            f"{name} to be {state}", lambda: self.place(name), lambda found: found[0] and found[0]["state"] == state
        )

    def diff(self, *arguments, **options):
        return self.iotedge("diff", "-n", self.ns.name, *arguments, **options)


class Plugin(WithPlugin):
    chain = True

    def test_nothing_is_there(self):
        status, output, errors = self.iotedge("status", "-n", self.ns.name)
        self.assertEqual((status, output, errors), (0, "", f"No edge Deployments found in namespace {self.ns.name}.\n"))
        self.assertEqual(self.diff(), (0, "", ""))

    def test_all_is_in_step(self):
        self.ns.apply(edge_deployment("web"))
        self.ns.wait_ready("web")
        place, status = self.wait_state("web", "InSync")
        self.assertEqual(status, 0)
        configuration = self.configuration_of("web")["id"]
        self.assertEqual(
            place,
            {
                "hub": "hub0",
                "state": "InSync",
                "reason": None,
                "message": None,
                "configuration": configuration,
                "evaluated": True,
                "devices": {"targeted": 2, "applied": 2, "succeeded": 2, "failed": 0, "offline": 0},
                "changes": [],
            },
        )
        status, output, errors = self.iotedge("status", "-n", self.ns.name)
        self.assertEqual((status, errors), (0, ""))
        heading, row = output.splitlines()
        self.assertEqual(
            heading.split(),
            "NAMESPACE NAME HUB STATE TARGETED APPLIED SUCCEEDED FAILED LAST SYNC CONFIGURATION".split(),
        )
        cells = row.split()
        self.assertEqual(cells[:8] + cells[9:], [self.ns.name, "web", "hub0", "InSync", "2", "2", "2", "0", configuration])
        self.assertRegex(cells[8], r"^\d+s$")
        self.assertEqual(self.diff("deployment/web"), (0, "", ""))

    def test_other_namespaces_are_other_peoples(self):
        answer = json.loads(self.iotedge("status", "-n", "default", "-o", "json")[1])
        self.assertEqual(answer["deployments"], [])
        status, output, errors = self.iotedge("status", "-A")
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(output, rf"(?m)^{self.ns.name} +web ")
        # Without -n it is the context's; this one names none.
        self.assertEqual(self.iotedge("status")[2], "No edge Deployments found in namespace default.\n")

    def test_a_paused_deployment_is_held_and_diff_shows_what_resuming_does(self):
        self.ns.kubectl("rollout", "pause", "deployment/web")
        self.ns.kubectl("set", "image", "deployment/web", "module=example/module:2")
        place, status = wait_for(
            "web to be held", lambda: self.place("web"), lambda found: found[0]["reason"] == "DeploymentPaused"
        )
        self.assertEqual((place["state"], status), ("Held", 1))
        since = self.emulator.last_call()
        status, output, errors = wait_for("the difference", self.diff, lambda answer: "+" in answer[1])
        self.assertEqual((status, errors), (1, ""))
        lines = output.splitlines()
        self.assertTrue(lines[0].startswith(f"{self.ns.name}/web on hub0: Held: "), lines[0])
        self.assertEqual(lines[1:3], ["--- on hub0", f"+++ as {self.ns.name}/web says"])
        changed = [line for line in lines[3:] if line[0] in "+-"]
        self.assertEqual([line[0] + line[1:].strip() for line in changed],
                         ['-"image": "example/module:1",', '+"image": "example/module:2",'])
        self.assertEqual(self.emulator.writes(since), [])
        self.ns.kubectl("rollout", "resume", "deployment/web")
        self.assertEqual(self.wait_state("web", "InSync")[1], 0)

    def test_what_stands_in_the_way_is_told(self):
        self.ns.apply(config_map("module", createOptions="{", other="x"))
        place, status = self.wait_state("web", "Blocked")
        self.assertEqual((place["reason"], status), ("InvalidEdgeDeployment", 1))
        status, output, _ = self.iotedge("status", "-n", self.ns.name)
        self.assertIn(f"{self.ns.name}/web on hub0: InvalidEdgeDeployment: configmap/module", output)
        status, output, errors = self.diff("web")
        self.assertEqual((status, errors), (1, ""))
        self.assertIn(f"{self.ns.name}/web on hub0: Blocked: configmap/module", output)
        self.ns.delete("configmaps", "module")

    def test_names_and_rights_that_are_wrong(self):
        status, output, errors = self.iotedge("status", "-n", self.ns.name, "nobody")
        self.assertEqual((status, output), (2, ""))
        self.assertEqual(
            errors, f"kubectl-iotedge: the connector knows no edge Deployment nobody in namespace {self.ns.name}\n"
        )
        stranger = self.user("stranger", [])
        status, output, errors = self.iotedge("status", kubeconfig=stranger)
        self.assertEqual((status, output), (2, ""))
        self.assertIn("the connector cannot be asked: ", errors)
        self.assertIn("403 Forbidden", errors)
        status, _, errors = self.iotedge("status", "--connector", "default/nothing", kubeconfig=self.admin())
        self.assertEqual(status, 2)
        self.assertIn('services "nothing" not found', errors)

    def admin(self):
        return self.test_run.control_plane.kubeconfig()

    def test_of_two_replicas_the_leader_answers(self):
        second = self.enter_late(
            Connector(self.test_run, self.emulators, self.ns.name, name="second", webhook_port=free_port())
        )
        self.expose(second, "second")
        second.start()
        self.exposed.lead_to("first", "second")
        for _ in range(12):
            answer, _ = self.status()
            self.assertEqual((answer["identity"], answer["leading"]), ("first_1", True))
        # Where the Service leads to the other alone, it says who leads; that one's pod is then asked by its name.
        self.exposed.lead_to("second")
        status, _, errors = self.iotedge("status")
        self.assertEqual(status, 2)
        self.assertIn("the Service leads to replicas that do not lead; first_1 does, and cannot be asked: ", errors)
        self.assertIn('pods "https:first:', errors)
        self.exposed.lead_to("first", "second")
        self.connector.kill()
        second.wait_leads()
        answer = wait_for("the second to answer", lambda: self.iotedge("status", "-o", "json")[1],
                          lambda text: '"identity": "second_1"' in text)
        self.assertIn('"leading": true', answer)
        second.stop()
        self.connector.start()
        self.connector.wait_leads()
        self.exposed.lead_to("first")

    def enter_late(self, process):
        self.stack.callback(process.kill)
        return process

    def test_what_is_gone_is_shown_until_the_hub_has_let_go(self):
        self.wait_state("web", "InSync")
        self.emulator.order("DELETE", "/configurations/", "before", action="status:503", count=0)
        self.ns.delete("deployments", "web", propagationPolicy="Background")
        answer, status = wait_for(
            "the deletion to be planned", self.status, lambda found: found[0]["hubs"][0]["gone"]
        )
        (gone,) = answer["hubs"][0]["gone"]
        self.assertEqual((gone["action"], gone["name"], gone["why"]), ("delete", "web", "the Deployment is gone"))
        self.assertEqual(status, 1)
        self.emulator.clear_faults()
        self.wait_gone("web")
        self.assertEqual(wait_for("all to be in step", self.status, lambda found: found[1] == 0)[1], 0)

    def test_kubectl_proxy_is_a_way_for_other_credentials(self):
        proxy = self.enter_late(Process("kubectl proxy", self.test_run.log_file("plugin-proxy")))
        proxy.launch(
            [self.test_run.control_plane.kubectl, "--kubeconfig", self.developer, "proxy", "--port=0"], KUBECONFIG=""
        )
        port = proxy.logged(r"Starting to serve on 127.0.0.1:(\d+)").group(1)
        status, output, errors = self.iotedge(
            "status", "-A", "-o", "json", "--server", f"http://127.0.0.1:{port}", KUBECONFIG="/nonexistent"
        )
        self.assertEqual((status, errors), (0, ""))
        self.assertTrue(json.loads(output)["leading"])
        proxy.kill()

    def test_the_port_answers_little_else(self):
        self.connector.check_runs()
        kubectl = [str(self.test_run.control_plane.kubectl), "--kubeconfig", str(self.developer), "get", "--raw"]
        base = f"/api/v1/namespaces/{self.ns.name}/services/https:{SERVICE}:api/proxy"
        for path, sentence in (
            ("/metrics", "there are /api/v1/status and /api/v1/diff here"),
            ("/api/v1/diff", "namespace and name of one Deployment are needed"),
        ):
            done = subprocess.run([*kubectl, base + path], text=True, capture_output=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(sentence, done.stderr)


class PluginSecrets(WithPlugin):
    secrets_from = ("plugin-secrets",)
    CANARY = "canary-1f6b"

    def set_up_namespace(self):
        super().set_up_namespace()
        rbac = "/apis/rbac.authorization.k8s.io/v1"
        self.api.create(
            f"{rbac}/namespaces/{self.ns.name}/rolebindings",
            {
                "metadata": {"name": "secrets"},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": "iot-edge-connector-secrets",
                },
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "connector"}],
            },
        )

    def test_values_of_secrets_are_covered(self):
        secrets = f"/api/v1/namespaces/{self.ns.name}/secrets"
        value = base64.b64encode(self.CANARY.encode()).decode()
        self.api.create(secrets, {"metadata": {"name": "key"}, "data": {"password": value}})
        deployment = edge_deployment("web")
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        container["env"] = [
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "key", "key": "password"}}},
            {"name": "LEVEL", "value": "1"},
        ]
        container["args"] = ["--password=$(PASSWORD)"]
        self.ns.apply(deployment)
        self.wait_configuration("web")
        self.assertIn(self.CANARY, json.dumps(self.configuration_of("web")))
        self.ns.kubectl("rollout", "pause", "deployment/web")
        other = base64.b64encode((self.CANARY + "-b").encode()).decode()
        self.api.patch(f"{secrets}/key", {"data": {"password": other}})
        status, output, errors = wait_for("the difference", self.diff, lambda answer: "another value" in answer[1])
        self.assertEqual((status, errors), (1, ""))
        self.assertIn("(hidden, another value)", output)
        answers = [output, self.diff("-o", "json")[1], self.iotedge("status", "-A", "-o", "json")[1]]
        self.assertEqual([text for text in answers if self.CANARY in text], [])
        self.assertNotIn(self.CANARY, self.connector.text())
