"""The way of a user through the product: apply, change, scale, delete."""

import json

from harness import SAMPLES, never_within, wait_for
from objects import agent_desired, edge_deployment, hub_desired, module_images
from suite import Topic

ROUTES = {"upstream": "FROM /messages/modules/module02/* INTO $upstream"}


class WalkThrough(Topic):
    chain = True

    def set_up(self):
        super().set_up()
        self.begun = self.emulator.last_call()

    def wait_devices(self, modules, devices=("device01", "device03")):
        """Until those devices run exactly these modules of ours, with these images."""
        for device in devices:
            wait_for(
                f"{device} to run {sorted(modules)}", lambda: self.emulator.modules(device), lambda now: now == modules
            )

    def test_rollout_status_waits_for_a_held_device(self):
        self.emulator.admin("POST", "/devices/device03/hold")
        output = self.ns.apply(SAMPLES / "sample01.yaml")
        self.assertEqual(
            output, "deployment.apps/sampledeploy01 created\nconfigmap/edgehub created\n" "configmap/module01 created\n"
        )
        rollout = self.ns.kubectl_process("rollout", "status", "deployment/sampledeploy01", "--timeout=60s")
        wait_for(
            "device01 to run its modules", lambda: self.emulator.modules("device01"), lambda modules: len(modules) == 2
        )
        wait_for(
            "the pod to tell that one of two devices succeeded",
            lambda: (self.ns.pod("sampleapp01") or {}).get("status", {}).get("message", ""),
            lambda message: "1 succeeded" in message,
        )
        self.assertIsNone(rollout.poll(), "kubectl rollout status did not wait")
        self.assertEqual(self.emulator.modules("device03"), {})

        self.emulator.admin("POST", "/devices/device03/release")
        output, errors = rollout.communicate(timeout=60)
        self.assertEqual(rollout.returncode, 0, output + errors)
        self.assertIn('deployment "sampledeploy01" successfully rolled out', output)

    def test_one_apply_was_exactly_one_create_on_the_hub(self):
        configuration = self.configuration_of("sampledeploy01")
        self.assertEqual(self.emulator.writes(self.begun), [("PUT", configuration["id"])])
        self.assertEqual(configuration["targetCondition"], "tags.testtag='A'")
        self.assertEqual(configuration["priority"], 15)

    def test_the_pod_is_running_and_ready(self):
        columns = self.ns.kubectl("get", "pods", "-l", "app=sampleapp01", "--no-headers").split()
        self.assertEqual(columns[1:3], ["2/2", "Running"])

    def test_four_modules_run_where_the_condition_matches(self):
        ours = {"module01": "tsmatz/iot-module-sample01:1.0.0", "module02": "tsmatz/iot-module-sample02:1.0.0"}
        for device in ("device01", "device03"):
            self.assertEqual(self.emulator.modules(device), ours)
            self.assertEqual(sorted(self.emulator.modules(device, system=True)), ["edgeAgent", "edgeHub"])
        self.assertEqual(self.emulator.modules("device02"), {})

    def test_a_second_apply_changes_nothing(self):
        since = self.emulator.last_call()
        self.assertEqual(
            self.ns.apply(SAMPLES / "sample01.yaml"),
            "deployment.apps/sampledeploy01 unchanged\n"
            "configmap/edgehub unchanged\n"
            "configmap/module01 unchanged\n",
        )
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])

    def replaced(self, change, settled):
        """Makes a change and waits until the hub has it: the new configuration came before the old one went."""
        old, since = self.configuration_of("sampledeploy01")["id"], self.emulator.last_call()
        change()
        new = wait_for(
            "one configuration with what was changed",
            lambda: self.configuration_of("sampledeploy01"),
            lambda c: c is not None and c["id"] != old and settled(c),
        )
        self.assertEqual(self.emulator.writes(since), [("PUT", new["id"]), ("DELETE", old)])
        self.ns.wait_ready("sampledeploy01")
        return new

    def test_a_new_image_is_followed(self):
        self.replaced(
            lambda: self.ns.kubectl("set", "image", "deployment/sampledeploy01", "module01=example/module:2.0"),
            lambda c: module_images(c)["module01"] == "example/module:2.0",
        )
        self.wait_devices({"module01": "example/module:2.0", "module02": "tsmatz/iot-module-sample02:1.0.0"})

    def test_a_new_route_is_followed(self):
        desired = json.dumps({"routes": ROUTES, "storeAndForwardConfiguration": {"timeToLiveSecs": 7200}})

        def routes(configuration):
            return {
                name: r if isinstance(r, str) else r["route"]
                for name, r in hub_desired(configuration)["routes"].items()
            }

        self.replaced(
            lambda: self.ns.patch("configmaps", "edgehub", {"data": {"desiredProperties": desired}}),
            lambda c: routes(c) == ROUTES,
        )

    def test_a_third_module_is_followed(self):
        container = {"name": "module03", "image": "example/third:1.0"}
        self.replaced(
            lambda: self.ns.kubectl(
                "patch",
                "deployment",
                "sampledeploy01",
                "-p",
                json.dumps({"spec": {"template": {"spec": {"containers": [container]}}}}),
            ),
            lambda c: "module03" in module_images(c),
        )
        self.wait_devices(
            {
                "module01": "example/module:2.0",
                "module02": "tsmatz/iot-module-sample02:1.0.0",
                "module03": "example/third:1.0",
            }
        )
        columns = self.ns.kubectl("get", "pods", "-l", "app=sampleapp01", "--no-headers").split()
        self.assertEqual(columns[1:3], ["3/3", "Running"])

    def test_what_changes_in_place_keeps_the_configuration(self):
        before, since = self.configuration_of("sampledeploy01"), self.emulator.last_call()
        self.ns.patch(
            "deployments", "sampledeploy01", {"spec": {"template": {"metadata": {"annotations": {"priority": "16"}}}}}
        )
        after = wait_for(
            "the new priority", lambda: self.configuration_of("sampledeploy01"), lambda c: c and c["priority"] == 16
        )
        self.assertEqual(after["id"], before["id"])
        self.assertEqual(self.emulator.writes(since), [("PUT", before["id"])])
        self.ns.wait_ready("sampledeploy01")

    def test_a_paused_deployment_keeps_what_is_on_the_hub_until_it_is_resumed(self):
        before, since = self.configuration_of("sampledeploy01")["id"], self.emulator.last_call()
        self.ns.kubectl("rollout", "pause", "deployment/sampledeploy01")
        self.ns.kubectl("set", "image", "deployment/sampledeploy01", "module02=example/paused:1")
        self.connector.wait_in_step()
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])
        self.replaced(
            lambda: self.ns.kubectl("rollout", "resume", "deployment/sampledeploy01"),
            lambda c: module_images(c)["module02"] == "example/paused:1",
        )
        self.assertNotEqual(self.configuration_of("sampledeploy01")["id"], before)

    def test_no_device_was_ever_without_a_configuration(self):
        self.assertEqual(self.emulator.gaps(), [])

    def test_a_second_replica_finds_no_second_hub(self):
        since = self.emulator.last_call()
        self.ns.kubectl("scale", "deployment/sampledeploy01", "--replicas=2")
        surplus = wait_for(
            "a second pod",
            lambda: [p["metadata"]["name"] for p in self.ns.pods("sampleapp01") if p["status"]["phase"] == "Pending"],
        )
        wait_for(
            "the scheduler's Event FailedScheduling about it",
            lambda: [
                event
                for event in self.ns.events("FailedScheduling", "Pod")
                if event["involvedObject"]["name"] in surplus
            ],
        )
        phases = sorted(pod["status"]["phase"] for pod in self.ns.pods("sampleapp01"))
        self.assertEqual(phases, ["Pending", "Running"])
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])
        self.assertEqual(len(self.ids_of("sampledeploy01")), 1)
        self.ns.kubectl("scale", "deployment/sampledeploy01", "--replicas=1")
        wait_for("the surplus pod to go", lambda: len(self.ns.pods("sampleapp01")), lambda count: count == 1)
        self.connector.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])

    def test_sample02_runs_on_device02(self):
        self.ns.apply(SAMPLES / "sample02.yaml")
        self.ns.wait_ready("sampledeploy02")
        image = "mcr.microsoft.com/azure-cognitive-services/keyphrase:latest"
        self.assertEqual(self.emulator.modules("device02"), {"keyphrase": image})
        self.assertEqual(len(self.emulator.modules("device02", system=True)), 2)
        self.assertNotIn("keyphrase", self.emulator.modules("device01"))

    def test_rollout_undo_brings_the_earlier_modules_back(self):
        self.replaced(
            lambda: self.ns.kubectl("set", "image", "deployment/sampledeploy01", "module03=example/broken:1"),
            lambda c: module_images(c)["module03"] == "example/broken:1",
        )
        self.replaced(
            lambda: self.ns.kubectl("rollout", "undo", "deployment/sampledeploy01"),
            lambda c: module_images(c)["module03"] == "example/third:1.0",
        )

    def test_deleting_all_cleans_the_hub(self):
        self.ns.kubectl("delete", "-f", SAMPLES / "sample01.yaml", "-f", SAMPLES / "sample02.yaml")
        wait_for("the hub to be clean", self.emulator.configurations, lambda found: not found)
        wait_for("the pods to be gone", self.ns.pods, lambda pods: not pods)


class Evaluation(Topic):
    """The hub evaluates only when the test says so."""

    emulator_options = {"evaluation-period": "0s"}

    def test_the_old_configuration_stays_until_the_new_one_was_evaluated(self):
        self.ns.apply(edge_deployment("slow", {"mod": "example/m:1"}))
        old = self.wait_configuration("slow")["id"]
        self.emulator.evaluate()
        self.ns.apply(edge_deployment("slow", {"mod": "example/m:2"}))
        wait_for("both configurations", lambda: self.ids_of("slow"), lambda ids: len(ids) == 2)
        never_within(
            "the old configuration was deleted before the new one was evaluated",
            lambda: old not in self.ids_of("slow"),
            1.5,
        )
        self.emulator.evaluate()
        new = self.wait_configuration("slow")
        self.assertEqual(module_images(new), {"mod": "example/m:2"})
        self.assertEqual(self.emulator.gaps(), [])

    def test_the_pod_waits_for_the_evaluation(self):
        self.ns.apply(edge_deployment("unseen"))
        self.wait_configuration("unseen")
        wait_for(
            "the pod to say that it waits for the evaluation",
            lambda: (self.ns.pod("unseen") or {}).get("status", {}).get("message", ""),
            lambda message: message == "waiting for IoT Hub to evaluate the deployment",
        )
        ready = [c["status"] for c in self.ns.pod("unseen")["status"]["conditions"] if c["type"] == "Ready"]
        self.assertEqual(ready, ["False"])

    def test_a_condition_that_matches_nobody_is_told(self):
        self.ns.apply(edge_deployment("nobody", condition="tags.testtag='Z'"))
        self.wait_configuration("nobody")
        self.emulator.evaluate()
        wait_for(
            "the pod to say that no device matches",
            lambda: (self.ns.pod("nobody") or {}).get("status", {}).get("message", ""),
            lambda message: "matches no device" in message,
        )
        self.assertIn("modules", agent_desired(self.configuration_of("nobody")))
