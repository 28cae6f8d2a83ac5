"""kubectl-iotedge, on its own and as kubectl's plugin."""

import json
import os
import subprocess

from harness import PROJECT, SAMPLES
from objects import edge_deployment
from suite import Topic


class CommandLine(Topic):
    def set_up(self):
        """It needs neither hub nor connector; the namespace is for kubectl."""
        self.set_up_namespace()

    def run_tool(self, *arguments, stdin=""):
        done = subprocess.run(
            [self.test_run.build / "kubectl-iotedge", *map(str, arguments)],
            input=stdin,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def test_the_samples_are_valid(self):
        for sample in ("sample01.yaml", "sample02.yaml"):
            status, output, errors = self.run_tool("validate", "-f", SAMPLES / sample)
            self.assertEqual(status, 0, output + errors)

    def test_a_bad_spec_has_the_findings_of_the_webhook(self):
        status, output, _ = self.run_tool("validate", "-f", PROJECT / "demo" / "bad.yaml")
        self.assertEqual(status, 1)
        expected = (PROJECT / "demo" / "bad.expected").read_text().splitlines()[1:]
        self.assertEqual(len(expected), 4)
        for line in expected:
            self.assertIn(line.removeprefix("* "), output)

    def test_a_sample_translates_to_a_configuration(self):
        status, output, errors = self.run_tool("translate", "-f", SAMPLES / "sample01.yaml")
        self.assertEqual(status, 0, errors)
        translated = json.loads(output)
        agent = translated["content"]["modulesContent"]["$edgeAgent"]["properties.desired"]
        self.assertEqual(sorted(agent["modules"]), ["module01", "module02"])
        self.assertEqual(translated["targetCondition"], "tags.testtag='A'")
        self.assertEqual(translated["priority"], 15)

    def test_the_same_input_gives_the_same_bytes(self):
        first = self.run_tool("translate", "-f", SAMPLES / "sample01.yaml")
        self.assertEqual(self.run_tool("translate", "-f", SAMPLES / "sample01.yaml"), first)

    def test_a_missing_file_is_told(self):
        status, _, errors = self.run_tool("validate", "-f", "/nonexistent.yaml")
        self.assertEqual(status, 2)
        self.assertIn("/nonexistent.yaml", errors)

    def test_kubectl_finds_it(self):
        path = f"{self.test_run.build}:{os.environ['PATH']}"
        kubectl = self.test_run.control_plane.kubectl
        done = subprocess.run(
            [kubectl, "iotedge", "validate", "-f", "-"],
            input=json.dumps(edge_deployment("plugin")),
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
            env={**os.environ, "PATH": path},
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_program_tells_its_version(self):
        for name in ("iot-edge-connector", "iot-edge-virtual-node", "kubectl-iotedge", "iothub-emulator"):
            output = subprocess.run(
                [self.test_run.build / name, "--version"], text=True, capture_output=True, timeout=30, check=True
            ).stdout
            self.assertRegex(output, rf"^{name} \d+\.\d+\.\d+\n$")

    def test_wrong_arguments_end_every_program_with_a_sentence(self):
        for name, arguments, sentence in (
            ("iot-edge-connector", [], "nothing to do"),
            ("iot-edge-connector", ["--conf", "a"], "there is no option --conf here"),
            ("iot-edge-connector", ["webhook", "--cert=a"], "there is no option --cert=a here"),
            ("iot-edge-virtual-node", [], "--config FILE is missing"),
            ("iot-edge-virtual-node", ["--config"], "--config needs a value"),
            ("iot-edge-virtual-node", ["--conf", "a"], "there is no option --conf"),
            ("iot-edge-virtual-node", ["--config", "a", "b"], '"b" is too much'),
            ("iothub-emulator", [], "give --folder DIR, where a certificate is made, or --cert and --key"),
            ("iothub-emulator", ["--fold", "a"], "there is no option --fold"),
            ("iothub-emulator", ["--folder", "a", "b"], '"b" is too much'),
            ("iothub-emulator", ["--folder", "a", "--units", "x"], "--units: x is no number from 0 to 200"),
        ):
            done = subprocess.run(
                [self.test_run.build / name, *arguments], text=True, capture_output=True, timeout=30, check=False
            )
            self.assertEqual(
                done.stderr, f"{name}: {sentence}\n`{name} --help` shows how it is called.\n", (name, arguments)
            )
            self.assertEqual((done.returncode, done.stdout), (2, ""), (name, arguments))
        # The plugin reads its own words; its sentences say where help is.
        status, output, errors = self.run_tool("validate", "--hub-conf", "a", "-f", "b")
        self.assertEqual((status, output), (2, ""))
        self.assertEqual(errors, "kubectl-iotedge: unknown option --hub-conf; validate has --filename, --output, --hub-config, --hub, --edge-agent-image, --edge-hub-image; see kubectl iotedge --help\n")


class TranslationAgrees(Topic):
    def test_the_hub_gets_what_translate_shows(self):
        self.ns.apply(SAMPLES / "sample01.yaml")
        stored = self.wait_configuration("sampledeploy01")
        done = subprocess.run(
            [self.test_run.build / "kubectl-iotedge", "translate", "-f", SAMPLES / "sample01.yaml"],
            text=True,
            capture_output=True,
            timeout=60,
            check=True,
        )
        self.assertEqual(json.loads(done.stdout)["content"], stored["content"])
