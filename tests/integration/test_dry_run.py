"""iot-edge-connector --once --dry-run: what would be done, and nothing done."""

import json

from harness import Process, wait_for
from objects import config_map, edge_deployment
from suite import Topic
from users import forget_user, make_user

READ_ONLY = [
    {"apiGroups": ["apps"], "resources": ["deployments", "replicasets"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["configmaps", "pods"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]},
]


class DryRun(Topic):
    chain = True
    hubs = ("hub0", "hub1")

    def set_up(self):
        """The dry run has the rights to read, and no others."""
        super().set_up()
        kubeconfig = make_user(self.ns, "reader", READ_ONLY, self.connector.folder)
        self.stack.callback(forget_user, self.ns, "reader")
        config = json.loads(self.connector.write_config().read_text())
        self.config = self.connector.folder / "dry-run.yaml"
        # Neither certificate nor key is there: it serves nobody.
        config["webhook"] = {"certificate": "/nonexistent", "key": "/nonexistent"}
        self.config.write_text(json.dumps({**config, "kubeconfig": str(kubeconfig)}))
        self.webhook = Process("webhook", self.test_run.log_file("dry-run-webhook"))
        self.stack.callback(self.webhook.kill)

    def serve_admission_alone(self):
        certificates = self.test_run.certificates
        self.webhook.launch(
            [self.test_run.build / "iot-edge-connector", "webhook", "--port", self.test_run.webhook_port]
            + ["--certificate", certificates / "tls.crt", "--key", certificates / "tls.key", "--drain", "0s"]
        )
        self.webhook.logged(r"webhook on \S+ port")

    def dry_run(self, *arguments):
        return self.test_run.connector_command("--config", self.config, "--once", "--dry-run", *arguments, deadline=120)

    def plan(self):
        """The plan as JSON and the exit status, after it was made sure that nothing was written."""
        since = [emulator.last_call() for emulator in self.emulators]
        leases = self.api.get(self.ns.path("leases"))["items"]
        status, output, errors = self.dry_run("-o", "json")
        self.assertIn(status, (0, 1), output + errors)
        for emulator, last in zip(self.emulators, since):
            calls = [(call["method"], call["path"]) for call in emulator.calls(last)]
            self.assertEqual(calls, [("GET", "/configurations")])
        self.assertEqual(self.api.get(self.ns.path("leases"))["items"], leases)
        return json.loads(output), status

    def hub(self, plan, name="hub0"):
        return next(hub for hub in plan["hubs"] if hub["name"] == name)

    def test_an_empty_world_is_in_step(self):
        self.connector.stop()
        self.serve_admission_alone()
        plan, status = self.plan()
        self.assertEqual(status, 0)
        empty = {"trouble": None, "calls": [], "problems": [], "absent": []}
        self.assertEqual(
            plan, {"placements": [], "hubs": [{"name": "hub0", **empty}, {"name": "hub1", **empty}]}
        )
        status, output, errors = self.dry_run()
        self.assertEqual(
            (status, output, errors),
            (
                0,
                "hub hub0: nothing to do\nhub hub1: nothing to do\n"
                "calls now: 0, later: 0, problems: 0, absent: 0; nothing was written\n",
                "",
            ),
        )

    def test_a_new_deployment_would_be_placed_and_created(self):
        self.ns.apply(edge_deployment("web"))
        pod = wait_for("the pod to be made", lambda: self.ns.pod("web"))
        plan, status = self.plan()
        self.assertEqual(status, 1)
        self.assertEqual(
            plan["placements"], [{"namespace": self.ns.name, "pod": pod["metadata"]["name"], "hub": "hub0"}]
        )
        (call,) = self.hub(plan)["calls"]
        self.id = call.pop("id")
        self.assertTrue(self.id.startswith(f"{self.ns.name}-web-"))
        self.assertEqual(
            call,
            {
                "action": "create",
                "waits": False,
                "namespace": self.ns.name,
                "name": "web",
                "why": "the hub has no configuration of this Deployment",
            },
        )
        self.assertEqual(self.hub(plan, "hub1")["calls"], [])
        self.assertEqual(self.dry_run()[0], 1)
        # Nothing of it was done.
        self.assertIsNotNone(self.ns.pod("web")["spec"].get("schedulingGates"))

    def test_what_it_announced_is_what_the_connector_does(self):
        self.webhook.stop()
        self.connector.start()
        self.ns.wait_ready("web")
        self.assertEqual(self.configuration_of("web")["id"], self.id)
        self.connector.wait_in_step()
        since = self.emulator.last_call()
        status, output, errors = self.dry_run("-o", "json")
        self.assertEqual((status, self.hub(json.loads(output))["calls"]), (0, []), errors)
        self.assertEqual(self.emulator.writes(since), [])

    def test_new_content_takes_the_old_ones_place(self):
        self.connector.stop()
        self.serve_admission_alone()
        self.ns.apply(edge_deployment("web", {"module": "example/module:2"}))
        plan, status = self.plan()
        self.assertEqual(status, 1)
        create, old = self.hub(plan)["calls"]
        self.assertEqual(
            (create["action"], create["waits"], create["why"]),
            (
                "create",
                False,
                f"new content: takes the place of {self.id}, which stays until the hub has evaluated this one",
            ),
        )
        self.assertEqual(
            (old["action"], old["waits"], old["id"], old["why"]),
            ("delete", True, self.id, f"stays until {create['id']} is there and the hub has evaluated it"),
        )

    def test_condition_and_priority_change_in_place(self):
        self.ns.apply(edge_deployment("web", condition="tags.testtag='B'", annotations={"priority": "12"}))
        (call,) = self.hub(self.plan()[0])["calls"]
        self.assertEqual((call["action"], call["id"]), ("update", self.id))
        self.assertEqual(
            call["why"], "target condition tags.testtag='A' -> tags.testtag='B', priority 10 -> 12; in place"
        )
        output = self.dry_run()[1]
        self.assertIn(f"  update {self.id} for {self.ns.name}/web: target condition", output)

    def test_what_stands_in_the_way_is_told(self):
        # Another program's key in it: admission only warns.
        self.ns.apply(config_map("module", createOptions="{", other="x"))
        plan, status = self.plan()
        (problem,) = self.hub(plan)["problems"]
        self.assertEqual((status, self.hub(plan)["calls"]), (1, []))
        self.assertEqual(
            (problem["namespace"], problem["name"], problem["reason"]), (self.ns.name, "web", "InvalidEdgeDeployment")
        )
        self.assertIn("configmap/module", problem["message"])
        self.assertIn(f"  {self.ns.name}/web: InvalidEdgeDeployment: ", self.dry_run()[1])

    def test_a_deployment_that_is_gone_would_be_judged_absent(self):
        self.ns.delete("deployments", "web", propagationPolicy="Background")
        wait_for("the Deployment to be gone", lambda: self.ns.get("deployments", "web"), lambda found: found is None)
        plan, status = self.plan()
        self.assertEqual((status, self.hub(plan)["absent"]), (1, [{"namespace": self.ns.name, "name": "web"}]))
        self.assertEqual(self.hub(plan)["calls"], [])
        self.assertIn(f"  {self.ns.name}/web: would be judged absent", self.dry_run()[1])

    def test_a_hub_that_cannot_be_read_is_trouble(self):
        self.emulator.order("GET", "/configurations", "before", "status:500")
        status, output, errors = self.dry_run("--output=json")
        self.assertEqual(status, 2)
        self.assertIn("500", self.hub(json.loads(output))["trouble"])
        self.assertRegex(errors, r"(?m)^iot-edge-connector: hub hub0: .*500")

    def test_wrong_words_are_told(self):
        for arguments, sentence in (
            (["--once"], "--once and --dry-run only go together: they print what would be done now"),
            (["--dry-run"], "--once and --dry-run only go together: they print what would be done now"),
            (["-o", "json"], "--output only goes with --once --dry-run"),
            (["--once", "--dry-run", "-o", "yaml"], '--output must be text or json, not "yaml"'),
        ):
            status, output, errors = self.test_run.connector_command("--config", self.config, *arguments)
            self.assertEqual((status, output), (2, ""))
            self.assertEqual(errors.splitlines()[0], f"iot-edge-connector: {sentence}")
        self.webhook.stop()
