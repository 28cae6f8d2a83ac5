"""kubectl iotedge orphans and adopt: with a key to the hub, and rights to read Deployments."""

import json
import os
import subprocess

from harness import wait_for
from objects import edge_deployment, module_images, plain_deployment
from suite import Topic
from users import forget_user, make_user

RULES = [
    {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]},
    {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]},
]
LEAKED = "web-5d9c7b8f6d-x2x8k"
PREFIX = "iot-edge-connector-"


class Orphans(Topic):
    chain = True

    def set_up(self):
        super().set_up()
        self.kubeconfig = make_user(self.ns, "keeper", RULES, self.connector.folder)
        self.stack.callback(forget_user, self.ns, "keeper")
        self.owner = self.api.get("/api/v1/namespaces/kube-system")["metadata"]["uid"]

    def iotedge(self, *arguments, stdin="", key=True, **environment):
        options = ["--ca-file", self.emulator.ca_file] if key else []
        if key:
            options += ["--connection-string-file", self.emulator.connection_string_file]
        done = subprocess.run(
            [str(self.test_run.control_plane.kubectl), "iotedge", *map(str, arguments), *map(str, options)],
            input=stdin,
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
            env={
                **os.environ,
                "PATH": f"{self.test_run.build}:{os.environ['PATH']}",
                "KUBECONFIG": str(self.kubeconfig),
                **environment,
            },
        )
        return done.returncode, done.stdout, done.stderr

    def adopt(self, id_, name, *arguments, **options):
        return self.iotedge("adopt", id_, name, "-n", self.ns.name, "--hub", "hub0", *arguments, **options)

    def put(self, id_, labels, content=None, priority=9):
        self.emulator.service(
            "PUT",
            f"/configurations/{id_}",
            {
                "id": id_,
                "labels": labels,
                "content": content or self.content,
                "targetCondition": "tags.testtag='A'",
                "priority": priority,
            },
        )

    def labels_of(self, name, owner=None):
        return {
            PREFIX + "owner": owner or self.owner,
            PREFIX + "hub": "hub0",
            PREFIX + "namespace": self.ns.name,
            PREFIX + "name": name,
            PREFIX + "content-hash": "0" * 64,
        }

    def test_nothing_is_an_orphan_while_the_connector_works(self):
        self.ns.apply(edge_deployment("web"), edge_deployment("other", condition="tags.a='b'", replicas=0))
        self.ns.wait_ready("web")
        self.content = self.configuration_of("web")["content"]
        self.assertEqual(self.iotedge("orphans"), (0, "", "No orphans found.\n"))
        self.connector.wait_in_step()
        self.connector.stop()

    def test_orphans_are_told_from_what_is_others(self):
        self.put(LEAKED, {"app": "web", "pod-template-hash": "5d9c7b8f6d"})
        self.put("oven-6f7d8c9b5c-abcde", {"pod-template-hash": "6f7d8c9b5c"})  # no pod has such a name
        self.put("gone-0", self.labels_of("gone"))
        self.put("elsewhere", self.labels_of("web", owner="another"))
        self.put("somebodys", {"team": "b"})
        self.emulator.evaluate()
        status, output, errors = self.iotedge("orphans", "-o", "json")
        self.assertEqual((status, errors), (1, ""))
        found = {item.pop("id"): item for item in json.loads(output)}
        self.assertEqual(
            found,
            {
                LEAKED: {
                    "made": "by the original connector",
                    "name": "web",
                    "priority": 9,
                    "targetCondition": "tags.testtag='A'",
                    "targeted": 2,
                    "why": f"no connector looks after it; Deployment {self.ns.name}/web has its name: adopt it",
                },
                "gone-0": {
                    "made": "here",
                    "namespace": self.ns.name,
                    "name": "gone",
                    "priority": 9,
                    "targetCondition": "tags.testtag='A'",
                    "targeted": 2,
                    "why": "its Deployment is not there; the connector deletes it when that is certain",
                },
            },
        )
        status, output, errors = self.iotedge("orphans", "--hub", "hub0")
        self.assertEqual(status, 1)
        self.assertEqual(errors, "1 configurations are other connectors', and were not judged.\n")
        lines = output.splitlines()
        self.assertEqual(lines[0].split(), ["ID", "MADE", "DEPLOYMENT", "PRIORITY", "TARGETED", "WHY"])
        self.assertEqual(sorted(line.split()[0] for line in lines[1:]), sorted([LEAKED, "gone-0"]))
        # By another name of the hub nobody looks after what was made under this one.
        ids = [item["id"] for item in json.loads(self.iotedge("orphans", "--hub", "hub9", "-o", "json")[1])]
        self.assertIn(self.configuration_of("web")["id"], ids)

    def test_the_key_comes_from_a_file_or_the_environment(self):
        text = self.emulator.connection_string_file.read_text().strip()
        status, output, _ = self.iotedge(
            "orphans", "-o", "json", "--ca-file", self.emulator.ca_file, key=False, HUB_CONNECTION_STRING=text
        )
        self.assertEqual((status, len(json.loads(output))), (1, 2))
        status, output, errors = self.iotedge("orphans", key=False)
        self.assertEqual((status, output), (2, ""))
        self.assertEqual(
            errors,
            "kubectl-iotedge: no key to the hub is given: --connection-string-file FILE, or the variable "
            "HUB_CONNECTION_STRING\n",
        )

    def test_what_is_not_free_is_refused(self):
        before = self.emulator.configurations()
        self.ns.apply(plain_deployment("plain"))
        web = self.configuration_of("web")["id"]
        for id_, name, sentence in (
            ("elsewhere", "web", "is another connector's: its label iot-edge-connector-owner says another"),
            (web, "other", f"configuration {web} is Deployment {self.ns.name}/web's"),
            (web, "plain", "is no edge Deployment"),
            (web, "nobody", 'deployments.apps "nobody" not found'),
            ("missing", "web", "404"),
        ):
            status, output, errors = self.adopt(id_, name, "--yes")
            self.assertEqual((status, output), (2, ""), errors)
            self.assertIn(sentence, errors)
        self.assertEqual(self.adopt(web, "web"), (0, f"{web} is Deployment {self.ns.name}/web's already\n", ""))
        self.assertEqual(self.emulator.configurations(), before)
        status, _, errors = self.iotedge("adopt", "a", key=False)
        self.assertEqual(status, 2)
        self.assertIn("adopt needs an id on the hub and a Deployment: adopt ID NAME", errors)

    def test_no_is_no(self):
        before = self.emulator.configurations()
        for answer in ("n\n", "", "\n"):
            status, output, errors = self.adopt(LEAKED, "deployment/web", stdin=answer)
            self.assertEqual((status, errors), (1, "Not adopted.\n"))
            self.assertTrue(output.startswith(f"{LEAKED} on localhost"), output)
            self.assertTrue(output.endswith("Adopt it? [y/N] "))
        self.assertEqual(self.emulator.configurations(), before)

    def test_yes_changes_labels_in_place_and_nothing_else(self):
        before, since = self.emulator.configurations()[LEAKED], self.emulator.last_call()
        status, output, errors = self.adopt(LEAKED, "web", stdin="y\n")
        self.assertEqual((status, errors), (0, ""))
        self.assertTrue(output.endswith(f"{LEAKED} adopted\n"))
        self.assertEqual(self.emulator.writes(since), [("PUT", LEAKED)])
        after = self.emulator.configurations()[LEAKED]
        for member in ("content", "targetCondition", "priority", "createdTimeUtc"):
            self.assertEqual(after[member], before[member], member)
        labels = after["labels"]
        self.assertEqual(labels["app"], "web")
        self.assertEqual(
            [labels[PREFIX + key] for key in ("owner", "hub", "namespace", "name", "reconcile-policy")],
            [self.owner, "hub0", self.ns.name, "web", "manage"],
        )
        self.assertEqual(labels[PREFIX + "uid"], self.ns.get("deployments", "web")["metadata"]["uid"])

    def test_what_a_deployment_left_behind_can_be_anothers(self):
        status, output, errors = self.adopt("gone-0", "deploy/web", "--yes")
        self.assertEqual((status, errors), (0, ""), output)
        self.assertEqual(self.emulator.configurations()["gone-0"]["labels"][PREFIX + "name"], "web")
        self.assertEqual(self.iotedge("orphans"), (0, "", "No orphans found.\n1 configurations are other connectors', "
                                                          "and were not judged.\n"))

    def test_the_connector_then_looks_after_it(self):
        """It is superseded by what the Deployment says, without a gap on the devices; what is others' stays."""
        since = self.emulator.last_call()
        self.connector.start()
        wait_for(
            "the adopted one to be superseded",
            lambda: self.emulator.configurations(),
            lambda there: LEAKED not in there and "gone-0" not in there,
        )
        self.assertEqual(module_images(self.configuration_of("web")), {"module": "example/module:1"})
        self.assertEqual(self.emulator.gaps(since), [])
        there = self.emulator.configurations()
        self.assertIn("elsewhere", there)
        self.assertIn("somebodys", there)
        for id_ in ("elsewhere", "somebodys", "oven-6f7d8c9b5c-abcde"):
            self.emulator.service("DELETE", f"/configurations/{id_}", **{"If-Match": "*"})
