"""Who the connector is on a hub: keys that are exchanged under its feet, and tokens of Microsoft Entra ID."""

import base64
import json
import os
import pathlib
import time

from harness import Connector, Emulator, VirtualNode, wait_for
from objects import edge_deployment
from suite import Topic


class Mount:
    """A volume as the kubelet projects it: file -> ..data/file, ..data -> a folder that is exchanged whole."""

    def __init__(self, folder, name):
        self.folder, self.name, self.round = pathlib.Path(folder), name, 0
        self.path = self.folder / name

    def put(self, text):
        self.round += 1
        new = self.folder / f"..{self.round}"
        new.mkdir()
        (new / self.name).write_text(text)
        link = self.folder / "..data_tmp"
        link.symlink_to(new.name)
        os.replace(link, self.folder / "..data")
        if not self.path.is_symlink():
            self.path.symlink_to(f"..data/{self.name}")


def random_key():
    return base64.b64encode(os.urandom(32)).decode()


def hub_line(connector):
    status, body = connector.readyz()
    assert status == 200, body
    return next(line for line in body.splitlines() if line.startswith("hub hub0:"))


class MountedEmulator(Emulator):
    """Its connection string comes as a mounted Secret."""

    def __init__(self, run, name, **options):
        super().__init__(run, name, **options)
        self.mount = Mount(run.folder_for(f"mount-{name}"), "connection-string")

    def start(self):
        super().start()
        self.mount.put(self.connection_string_file.read_text())

    def access(self):
        return {"connectionStringFile": str(self.mount.path)}

    def string_with(self, key):
        parts = self.connection_string_file.read_text().strip().split(";")
        return ";".join(f"SharedAccessKey={key}" if part.startswith("SharedAccessKey=") else part for part in parts)

    def key(self):
        return self.connection_string_file.read_text().strip().split("SharedAccessKey=")[1]


class KeyRotation(Topic):
    emulator_class = MountedEmulator

    def refused(self, since):
        return [call for call in self.emulator.calls(since) if call["status"] == 401]

    def test_a_swapped_secret_is_taken_before_the_old_key_ends(self):
        """As Azure wants keys to be rotated: the second key, then a new first one. No call is refused meanwhile."""
        old, new, since = self.emulator.key(), random_key(), self.emulator.last_call()
        self.emulator.admin("POST", "/keys", {"primary": old, "secondary": new})
        self.emulator.mount.put(self.emulator.string_with(new))
        self.emulator.admin("POST", "/keys", {"primary": new})
        self.ns.apply(edge_deployment("rotated"))
        self.wait_configuration("rotated")
        self.connector.wait_in_step()
        self.assertEqual(self.refused(since), [])
        self.emulator.connection_string_file.write_text(self.emulator.string_with(new))

    def test_a_file_written_in_place_is_taken_after_a_401(self):
        old, new = self.emulator.key(), random_key()
        self.emulator.admin("POST", "/keys", {"primary": new})
        wait_for("/readyz to tell of the 401", lambda: hub_line(self.connector), lambda line: "401" in line)
        self.assertNotIn(old, hub_line(self.connector))
        self.emulator.mount.path.write_text(self.emulator.string_with(new))
        wait_for("the hub to be well again", lambda: hub_line(self.connector), lambda line: line == "hub hub0: ok")
        self.emulator.connection_string_file.write_text(self.emulator.string_with(new))

    def test_a_half_written_file_is_told_and_the_old_key_serves(self):
        since = self.emulator.last_call()
        self.emulator.mount.path.write_text("HostName=localhost")
        self.connector.logged(r"hub hub0: what we had goes on serving, but cannot be renewed: .*SharedAccessKeyName is missing")
        self.ns.apply(edge_deployment("patient"))
        self.wait_configuration("patient")
        self.assertEqual(hub_line(self.connector), "hub hub0: ok")
        self.assertEqual(self.refused(since), [])
        self.emulator.mount.put(self.emulator.string_with(self.emulator.key()))
        self.connector.logged(r"hub hub0: key or token can be renewed again")


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def assertion(life=3600, audience="api://AzureADTokenExchange"):
    """A ServiceAccount's token; only its claims are looked at."""
    signature = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
    claims = {"aud": [audience], "exp": int(time.time()) + life, "sub": "system:serviceaccount:default:connector"}
    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.{signature}"


class EntraEmulator(Emulator):
    """A hub that is entered by workload identity; it is its own authority."""

    overrides = {}

    def access(self):
        return {
            "hostName": f"localhost:{self.port}",
            "workloadIdentity": {"authorityCaFile": str(self.ca_file), **self.overrides},
        }


class WorkloadIdentity(Topic):
    emulator_class = EntraEmulator
    emulator_options = {"entra-client": "the-application", "token-lifetime": "4s"}

    def new_connector(self):
        connector = super().new_connector()
        self.token = Mount(self.test_run.folder_for("projected"), "token")
        self.token.put(assertion())
        connector.environment = {
            "AZURE_CLIENT_ID": "the-application",
            "AZURE_TENANT_ID": "11111111-2222-3333-4444-555555555555",
            "AZURE_FEDERATED_TOKEN_FILE": str(self.token.path),
            "AZURE_AUTHORITY_HOST": f"https://localhost:{self.emulator.port}/",
        }
        return connector

    def wait_hub(self, check):
        return wait_for("what /readyz says of the hub", lambda: hub_line(self.connector), check)

    def wait_well(self):
        self.wait_hub(lambda line: line == "hub hub0: ok")

    def tokens(self, code="200"):
        return self.connector.metrics().get(f'hub_requests_total{{hub="hub0",operation="token",code="{code}"}}', 0)

    def test_deployments_reach_the_hub(self):
        self.ns.apply(edge_deployment("by-identity"))
        self.wait_configuration("by-identity")
        self.ns.wait_ready("by-identity")
        calls = self.emulator.calls()
        self.assertEqual({call["principal"] for call in calls if call["method"] in ("GET", "PUT")}, {"the-application"})
        self.assertEqual(
            {call["path"] for call in calls if call["effect"] == "token given"},
            {"/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token"},
        )

    def test_tokens_are_kept_and_renewed_before_their_end(self):
        since, before = self.emulator.last_call(), self.tokens()
        wait_for("two more tokens", self.tokens, lambda now: now >= before + 2)
        calls = self.emulator.calls(since)
        self.assertEqual([call for call in calls if call["status"] == 401], [])
        given = [call for call in calls if call["effect"] == "token given"]
        self.assertLess(len(given) * 2, len(calls) - len(given), "a token for each call")

    def test_a_rotated_file_is_used_for_the_next_token(self):
        self.token.put(assertion(audience="api://another"))
        self.wait_hub(lambda line: "AADSTS700212" in line and "audience" in line)
        self.assertGreater(self.tokens("401"), 0)
        self.ns.apply(edge_deployment("waiting"))
        wait_for(
            "the pod to tell",
            lambda: (self.ns.pod("waiting") or {}).get("status", {}).get("message", ""),
            lambda message: "AADSTS700212" in message,
        )
        self.token.put(assertion())
        self.wait_well()
        self.wait_configuration("waiting")

    def test_an_expired_token_file_is_named_by_its_trouble(self):
        self.token.put(assertion(life=-10))
        self.wait_hub(lambda line: "AADSTS700024" in line and "check the clock" in line)
        self.token.put("no token at all")
        self.wait_hub(lambda line: f"{self.token.path} holds no token" in line)
        self.token.put(assertion())
        self.wait_well()

    def test_a_hub_that_forgets_our_token_gets_another_one(self):
        """A 401 while our clock says that the token is good."""
        self.emulator.order("GET", "/configurations", "before", action="status:401")
        before = self.tokens()
        wait_for("another token", self.tokens, lambda now: now > before)
        self.wait_well()

    def test_a_wrong_client_is_said(self):
        self.emulator.overrides = {"clientId": "another-application"}
        self.connector.restart()
        self.connector.wait_leads()
        self.wait_hub(lambda line: "AADSTS700016" in line and "check clientId" in line)
        self.emulator.overrides = {"clientId": "the-application", "scope": "https://example.org/.default"}
        self.connector.restart()
        self.connector.wait_leads()
        self.wait_hub(lambda line: "AADSTS70011" in line)
        self.emulator.overrides = {}
        self.connector.restart()
        self.connector.wait_leads()
        self.wait_well()

    def test_no_token_is_told_anywhere(self):
        texts = [self.connector.log.read_text(), self.connector.readyz()[1], self.connector.health("/metrics")[1]]
        texts.append(json.dumps(self.api.get("/api/v1/events")) + json.dumps(self.ns.list("pods")))
        for text in texts:
            self.assertNotIn("Bearer ", text)
            self.assertNotIn(part({"alg": "RS256", "typ": "JWT"}), text)

    def start_alone(self, access, environment):
        """Starts a connector and a virtual node; returns how each ended and what it said."""
        hub = Emulator(self.test_run, "hub0")
        hub.access = lambda: access
        hub.ca_file.write_text(self.emulator.ca_file.read_text())
        connector = Connector(self.test_run, [hub], self.ns.name, name="alone")
        connector.launch([self.test_run.build / "iot-edge-connector", "--config", connector.write_config()], **environment)
        return connector.ended(), connector.text().strip()

    def test_what_is_missing_is_named_at_the_start(self):
        access = {"hostName": "myhub.azure-devices.net"}
        nothing = {name: "" for name in self.connector.environment}
        status, said = self.start_alone(access, nothing)
        self.assertEqual(status, 1)
        self.assertIn("hub hub0: workloadIdentity.clientId: missing, and AZURE_CLIENT_ID is not set", said)
        status, said = self.start_alone(access, {**self.connector.environment, "AZURE_FEDERATED_TOKEN_FILE": "/none"})
        self.assertEqual(status, 1)
        self.assertIn("cannot read /none", said)
        status, said = self.start_alone({}, nothing)
        self.assertEqual(status, 1)
        self.assertIn("hubs[0].connectionStringFile: missing; give it, or hostName for a workload identity", said)

    def test_key_and_identity_exclude_each_other_for_both_programs(self):
        access = {"connectionStringFile": "/x", "hostName": "h.example", "workloadIdentity": {}}
        status, said = self.start_alone(access, {})
        self.assertEqual(status, 1)
        self.assertIn("hubs[0].workloadIdentity: not together with connectionStringFile", said)
        hub = Emulator(self.test_run, "hub0")
        hub.access = lambda: access
        node = VirtualNode(self.test_run, [hub], f"{self.ns.name}-alone")
        node.start()
        self.assertNotEqual(node.ended(), 0)
        self.assertIn("hubs[0].workloadIdentity: not together with connectionStringFile", node.text())
