"""A hub that cannot be used: said clearly, and admission goes on."""

import base64
import pathlib

from harness import Connector, wait_for
from objects import edge_deployment
from suite import Topic


class HubTrouble(Topic):
    def wrong_start(self, text):
        """Starts a second connector with that connection string; returns what it says before it ends with status 1."""
        hub = WrittenHub("hub0", self.test_run.folder_for("wrong-string"), text)
        connector = Connector(self.test_run, [hub], self.ns.name, name="wrong-connector")
        connector.launch([self.test_run.build / "iot-edge-connector", "--config", connector.write_config()])
        self.assertEqual(connector.ended(), 1)
        said = connector.text().strip()
        self.assertEqual(len(said.splitlines()), 1, said)
        return said

    def test_a_wrong_connection_string_ends_the_start_with_a_clear_sentence(self):
        key = base64.b64encode(b"k" * 32).decode()
        for text, words in (
            ("", ["hub0"]),
            ("HostName=h.azure-devices.net;SharedAccessKeyName=n", ["hub0", "SharedAccessKey"]),
            (f"HostName=h.azure-devices.net;DeviceId=d;SharedAccessKey={key}", ["hub0", "device"]),
            ("HostName=h.azure-devices.net;SharedAccessKeyName=n;SharedAccessKey=???", ["hub0", "Base64"]),
        ):
            said = self.wrong_start(text)
            for word in words:
                self.assertIn(word, said)
            self.assertNotIn(key, said)

    def test_a_missing_connection_string_file_is_named(self):
        hub = WrittenHub("hub0", self.test_run.folder_for("wrong-string"), None)
        connector = Connector(self.test_run, [hub], self.ns.name, name="wrong-connector")
        connector.launch([self.test_run.build / "iot-edge-connector", "--config", connector.write_config()])
        self.assertEqual(connector.ended(), 1)
        self.assertIn(str(hub.connection_string_file), connector.text())

    def hub_line(self):
        status, body = self.connector.readyz()
        self.assertEqual(status, 200, body)
        return next(line for line in body.splitlines() if line.startswith("hub hub0:"))

    def test_a_hub_that_refuses_us_is_named_and_admission_goes_on(self):
        parts = dict(part.split("=", 1) for part in self.emulator.connection_string_file.read_text().strip().split(";"))
        wait_for("the hub to be well", self.hub_line, lambda line: line == "hub hub0: ok")

        self.emulator.admin("POST", "/keys", {"primary": base64.b64encode(b"another key").decode()})
        wait_for("/readyz to tell of the 401", self.hub_line, lambda line: "401" in line)
        self.assertEqual(self.connector.metrics()['hub_reachable{hub="hub0"}'], 0)

        self.ns.apply(edge_deployment("patient"))
        wait_for(
            "the pod to tell",
            lambda: (self.ns.pod("patient") or {}).get("status", {}).get("message", ""),
            lambda message: "401" in message,
        )
        wait_for(
            "the node's condition to tell",
            lambda: self.node_conditions().get("HubReachable", {}).get("status"),
            lambda status: status == "False",
        )
        self.assertEqual(self.node_conditions()["Ready"]["status"], "True")
        self.assertEqual(self.ids_of("patient"), [])

        self.emulator.admin("POST", "/keys", {"primary": parts["SharedAccessKey"]})
        wait_for("the hub to be well again", self.hub_line, lambda line: line == "hub hub0: ok")
        self.wait_configuration("patient")
        self.ns.wait_ready("patient")

    def test_a_hub_that_is_gone_is_named_and_recovered_from(self):
        self.ns.apply(edge_deployment("before-outage"))
        self.ns.wait_ready("before-outage")
        self.emulator.order("GET", "/configurations", "before", action="close", count=0)
        wait_for("/readyz to tell", self.hub_line, lambda line: line != "hub hub0: ok")
        pod = self.ns.pod("before-outage")
        self.assertEqual([c["status"] for c in pod["status"]["conditions"] if c["type"] == "Ready"], ["True"])
        self.emulator.clear_faults()
        wait_for("the hub to be well again", self.hub_line, lambda line: line == "hub hub0: ok")

    def test_errors_of_the_hub_are_retried(self):
        for status in (500, 503, 429):
            self.emulator.order("PUT", "/configurations/", "before", action=f"status:{status}")
            name = f"retried-{status}"
            self.ns.apply(edge_deployment(name))
            self.wait_configuration(name)

    def test_a_refusal_of_one_deployment_does_not_stop_the_others(self):
        self.emulator.order("PUT", f"/configurations/{self.ns.name}-refused-", "before", action="status:400", count=0)
        self.ns.apply(edge_deployment("refused"), edge_deployment("accepted"))
        self.wait_configuration("accepted")
        wait_for("an Event RefusedByHub", lambda: self.ns.events("RefusedByHub"))
        wait_for(
            "the waiting reason RefusedByHub",
            lambda: [
                s["state"].get("waiting", {}).get("reason")
                for s in self.ns.pod("refused")["status"].get("containerStatuses", [])
            ],
            lambda reasons: reasons == ["RefusedByHub"],
        )
        self.emulator.clear_faults()
        self.wait_configuration("refused")
        self.ns.wait_ready("refused")


class WrittenHub:
    """A hub of which there is only a connection string."""

    def __init__(self, name, folder, text):
        self.name = name
        self.connection_string_file = pathlib.Path(folder) / "connection-string"
        self.ca_file = pathlib.Path(folder) / "ca.crt"
        self.access = lambda: {"connectionStringFile": str(self.connection_string_file)}
        self.connection_string_file.unlink(missing_ok=True)
        self.ca_file.write_text("")
        if text is not None:
            self.connection_string_file.write_text(text)
