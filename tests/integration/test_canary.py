"""A canary in every secret: it sings nowhere, whatever goes wrong."""

import base64
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess

from echo_hub import ANSWERS, EchoHub
from harness import LOOPBACK, Connector, Emulator, Failure, free_port, http_call, say, wait_for
from objects import edge_deployment
from suite import Topic
from test_credentials import Mount
from test_secrets import ROLES, encoded, registry_secret, secret

CANARY = "canary-5f2d81c6"
KEY = base64.b64encode(f"{CANARY}-of-the-key-{'k' * 16}".encode()).decode()


def forms(text):
    """How a secret may show itself: plain, in a URL, and within Base64, which knows three shifts."""
    yield text
    yield text.replace("-", "%2D")
    for shift in range(3):
        # Only the characters that nothing before or behind has a part in.
        whole = base64.b64encode(b"x" * shift + text.encode()).decode()
        yield whole[(0, 2, 3)[shift] : (shift + len(text)) * 8 // 6]


def projected_token():
    header, claims = ({"alg": "RS256"}, {"sub": f"{CANARY}-assertion", "exp": 4102444800})
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return f"{'.'.join(parts)}.{CANARY}-of-the-signature"


class CanaryHub(EchoHub):
    """hub0 is entered by key, hub1 by workload identity; hub2's certificate is not trusted."""

    access_token = f"{CANARY}-access-token"

    def __enter__(self):
        super().__enter__()
        if self.name == "hub2":
            self.run.connector_command("certs", "--folder", self.folder, "--name", "localhost")
            self.ca_file = self.folder / "ca.crt"
        self.mount = Mount(self.folder, "secret")
        self.mount.put(projected_token() if self.name == "hub1" else self.connection_string())
        return self

    def connection_string(self, key=KEY):
        return f"HostName=localhost:{self.port};SharedAccessKeyName=owner;SharedAccessKey={key}"

    def access(self):
        if self.name != "hub1":
            return {"connectionStringFile": str(self.mount.path)}
        identity = {
            "clientId": "application",
            "tenantId": "tenant",
            "tokenFile": str(self.mount.path),
            "authorityHost": f"https://localhost:{self.port}",
            "authorityCaFile": str(self.ca_file),
        }
        return {"hostName": f"localhost:{self.port}", "workloadIdentity": identity}


def reader(name, env="login", image="registry.example/module:1", pull="registry"):
    """On all three hubs, and it reads the values of Secrets."""
    deployment = edge_deployment(name, {"module": image}, replicas=3)
    pod = deployment["spec"]["template"]["spec"]
    pod["containers"][0]["env"] = [
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": env, "key": "token"}}},
        {"name": "USER", "value": "$(TOKEN)"},
    ]
    pod["containers"][0]["args"] = ["--token", "$(TOKEN)"]
    pod["imagePullSecrets"] = [{"name": pull}]
    return deployment


class Canary(Topic):
    emulator_class = CanaryHub
    hubs = ("hub0", "hub1", "hub2")
    secrets_from = ("canary",)
    sync = {"errorBackoff": "400ms", "resync": "1s"}

    def set_up(self):
        super().set_up()
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
        self.ns.apply(secret("login", token=f"{CANARY}-env"), registry_secret("registry", f"{CANARY}-password"))
        self.ns.apply(reader("quoted"))

    def wait_nodes(self):
        """hub2's is never Ready, since the hub never answers."""
        wait_for("the virtual nodes", lambda: all(self.node_conditions(hub) for hub in self.hubs))

    def leave_nothing(self):
        """Nothing is on these hubs, and what is to be deleted is not waited for."""
        for hub in self.emulators:
            hub.list_status = 200
        super().leave_nothing()

    def new_connector(self):
        connector = super().new_connector()
        self.api_port = free_port()
        connector.more = {"api": {"address": LOOPBACK, "port": self.api_port}}
        return connector

    # Where something could be said.

    def asked(self, path):
        """What the read API tells, which speaks TLS."""
        context = ssl.create_default_context(cafile=self.test_run.certificates / "ca.crt")
        return http_call(self.api_port, "GET", path, context=context, timeout=60)[1].decode()

    def dry_run(self, *arguments):
        config = self.connector.folder / "config.yaml"
        _, output, errors = self.test_run.connector_command(
            "--config", config, "--once", "--dry-run", *arguments, deadline=120
        )
        return output + errors

    def texts(self):
        events = [self.api.get(path) for path in ("/api/v1/events", "/apis/events.k8s.io/v1/events")]
        return {
            "/metrics": self.connector.health("/metrics")[1],
            "/readyz": self.connector.readyz()[1],
            "Events": json.dumps(events),
            "kubectl get events": self.ns.kubectl("get", "events", "-A", "-o", "wide"),
            "kubectl describe": self.ns.kubectl("describe", "pods,deployments,replicasets"),
            "status": self.asked("/api/v1/status"),
            "Leases": json.dumps(self.api.get("/apis/coordination.k8s.io/v1/leases")),
            "Nodes": json.dumps(self.api.get("/api/v1/nodes")),
            "Deployments": json.dumps(self.ns.list("deployments")),
            "pods": json.dumps(self.ns.list("pods")),
            **{str(p.log): p.log.read_text(errors="replace") for p in (self.connector, self.node)},
        }

    def proofs(self):
        """The changing parts of what was sent: signatures as they were in a header, and decoded."""
        for hub in self.emulators:
            for authorization in hub.authorizations:
                signature = authorization.partition("&sig=")[2].partition("&")[0]
                if signature:
                    yield signature[:20]
                    yield signature.replace("%2B", "+").replace("%2F", "/")[:20]

    def check_silence(self, texts=None):
        searched = {*forms(CANARY), KEY[:20], *self.proofs()}
        for place, text in (texts or self.texts()).items():
            self.assertGreater(len(text), 0, place)
            for form in searched:
                at = text.find(form)
                self.assertEqual(at, -1, f"{form!r} in {place}: …{text[max(0, at - 200) : at + 100]}…")

    def hub_line(self, name):
        return next(line for line in self.connector.readyz()[1].splitlines() if line.startswith(f"hub {name}:"))

    def wait_line(self, name, pattern):
        return wait_for(f"/readyz to say {pattern!r} of {name}", lambda: self.hub_line(name), re.compile(pattern).search)

    # What goes wrong.

    def test_the_search_finds(self):
        for text in (
            f"a {CANARY} b",
            base64.b64encode(f"a {CANARY} b".encode()).decode(),
            base64.b64encode(f"ab {CANARY} b".encode()).decode(),
            base64.b64encode(f"abc {CANARY} b".encode()).decode(),
            KEY,
        ):
            with self.assertRaises(AssertionError, msg=text):
                self.check_silence({"a text": text})

    def test_hubs_that_quote_what_they_refuse(self):
        for hub in self.emulators[:2]:
            wait_for(
                f"{hub.name} to have refused in all its ways",
                lambda hub=hub: hub.seen,
                lambda seen: all(seen.get(status) for status in (*ANSWERS, "garbage")),
                deadline=120,
            )
            self.assertIn(f"{CANARY}-env", hub.bodies[-1])
            self.assertIn(f"{CANARY}-password", hub.bodies[-1])
            self.assertEqual(len([a for a in hub.authorizations if not a]), 0)
        self.assertTrue(any(CANARY in authorization for authorization in self.emulators[1].authorizations))
        wait_for("an Event RefusedByHub", lambda: self.ns.events("RefusedByHub"))
        self.wait_line("hub2", "certificate")
        self.check_silence()
        difference = self.asked(f"/api/v1/diff?namespace={self.ns.name}&name=quoted")
        self.check_silence({"a dry run": self.dry_run("-o", "json"), "the difference": difference})

    def test_hubs_that_quote_who_asks(self):
        for status in (401, 403, 429, 500, "garbage"):
            for hub in self.emulators[:2]:
                hub.seen.clear()
                hub.list_status = status
            for hub in self.emulators[:2]:
                # With the second one the first was told.
                wait_for(f"lists of {hub.name} answered by {status}", lambda hub=hub: hub.seen.get(status, 0) > 1)
        self.wait_line("hub0", "cannot be read")
        self.wait_line("hub1", "cannot be read")
        self.check_silence()
        for hub in self.emulators[:2]:
            hub.list_status = 200

    def test_an_authority_that_quotes_the_assertion(self):
        hub = self.emulators[1]
        for answer, words in (
            (401, "AADSTS700213 .its words are left out"),
            (500, "AADSTS700213"),
            ("garbage", "the answer cannot be used"),
        ):
            hub.token_answer = answer
            hub.list_status = 401  # so that the token in use is forgotten
            self.wait_line("hub1", words)
        self.check_silence()
        hub.token_answer, hub.list_status = "given", 200

    def test_files_that_hold_no_credentials(self):
        hub = self.emulators[0]
        for text in (
            hub.connection_string().replace("SharedAccessKey=", "SharedAccesKey="),
            hub.connection_string().replace(";", ""),
            hub.connection_string(f"{CANARY}-no-base64"),
            f"{CANARY}",
            hub.connection_string() + f";{CANARY}=x",
            hub.connection_string() + f";SharedAccessKey={KEY}",
            hub.connection_string().replace("owner", f"owner {CANARY}"),
        ):
            hub.list_status = 401
            hub.mount.put(text)
            self.wait_line("hub0", "reading it again failed")
            hub.mount.put(hub.connection_string())
            self.wait_line("hub0", "service connect$")
        hub.list_status = 200
        self.emulators[1].mount.put(f"{projected_token()} and more")
        self.emulators[1].list_status = 401
        self.wait_line("hub1", "holds no token")
        self.check_silence()
        self.emulators[1].mount.put(projected_token())
        self.emulators[1].list_status = 200

    def test_values_that_cannot_be_translated(self):
        login = {"auths": {"registry.example": {"auth": f"{CANARY}"}}}
        broken = {
            "long": secret("long", token=f"{CANARY}-{'x' * 40000}"),
            "binary": {**secret("binary"), "data": {"token": base64.b64encode(b"\xff\xfe" + CANARY.encode()).decode()}},
            "nul": {**secret("nul"), "data": {"token": base64.b64encode(CANARY.encode() + b"\0").decode()}},
        }
        pulls = {
            "no-json": f'{{"auths":{{"{CANARY}',
            "no-login": json.dumps(login),
            "no-object": json.dumps(CANARY),
            "twice": f'{{"auths":{{"{CANARY}":{{}},"{CANARY}":{{}}}}}}',
            "no-text": json.dumps({"auths": {"registry.example": {"username": [CANARY], "password": 7}}}),
        }
        self.ns.apply(*broken.values())
        for name, text in pulls.items():
            made = registry_secret(f"pull-{name}", "x")
            made["data"] = {".dockerconfigjson": encoded(text)}
            if self.ns.kubectl_try("apply", "-f", "-", stdin=made)[0] != 0:  # the API server looks at the type
                self.ns.apply({**made, "type": "Opaque"})
        names = [f"env-{name}" for name in broken] + [f"pull-{name}" for name in pulls]
        self.ns.apply(*(reader(f"env-{name}", env=name) for name in broken))
        self.ns.apply(*(reader(f"pull-{name}", pull=f"pull-{name}") for name in pulls))
        told = wait_for(
            "an Event about each",
            lambda: {e["involvedObject"]["name"] for e in self.ns.events("InvalidEdgeDeployment")},
            lambda about: {"env-long", "env-binary", "env-nul", "pull-no-json"} <= about,
            deadline=60,
        )
        say(f"       {len(told & set(names))} of {len(names)} cannot be translated")
        self.check_silence()

    def test_a_wrong_start(self):
        for text in (f"HostName=h;SharedAccessKeyName=n;SharedAccessKey={CANARY}", f"SharedAccessKey={KEY};{CANARY}"):
            hub = Emulator(self.test_run, "wrong-start")  # never started: a folder of its own
            hub.connection_string_file.write_text(text)
            hub.ca_file.write_text(self.emulator.ca_file.read_text())
            connector = Connector(self.test_run, [hub], self.ns.name, name="alone")
            connector.launch([self.test_run.build / "iot-edge-connector", "--config", connector.write_config()])
            self.assertEqual(connector.ended(), 1)
            self.check_silence({"what it said": connector.text()})


class CoreDump(Topic):
    """A crash, with `ulimit -c unlimited`."""

    FORM = f"{CANARY}-of-the-key".encode()

    def set_up(self):
        super().set_up()
        # Kept decoded in memory, where a core would show it.
        key = base64.b64encode(self.FORM + b"k" * 16).decode()
        text = self.emulator.connection_string_file.read_text()
        self.secret_file = self.test_run.folder_for("core-key") / "connection-string"
        self.secret_file.write_text(re.sub("SharedAccessKey=.*", f"SharedAccessKey={key}", text))

    def crash(self, command, sign, folder, check, **environment):
        """Lets a command crash in a folder of its own; (whether the kernel wrote a core, where it lies or None)."""
        script = 'cd "$0" && ulimit -c unlimited && exec "$@"'
        process = subprocess.Popen(
            ["/bin/sh", "-c", script, folder, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stderr=open(folder / "log", "wb"),
            env={**os.environ, **environment},
        )
        try:
            wait_for(f"{command[0]} to be ready", check)
            os.kill(process.pid, sign)
            status = os.waitpid(process.pid, 0)[1]
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            process.kill()
        cores = list(folder.glob("core*"))
        return os.WCOREDUMP(status), cores[0] if cores else None

    def connector_crashes(self, sign, **environment):
        name = f"crash-{sign.name}-{len(environment)}"
        folder = self.test_run.folder_for(name)
        hub = Emulator(self.test_run, "hub0")
        hub.access = lambda: {"connectionStringFile": str(self.secret_file)}
        connector = Connector(self.test_run, [hub], f"{self.ns.name}-{name.lower()}", name=name, webhook_port=free_port())
        command = [self.test_run.build / "iot-edge-connector", "--config", connector.write_config()]
        return self.crash(command, sign, folder, lambda: b"health and metrics" in (folder / "log").read_bytes(), **environment)

    def machine_dumps(self):
        folder = self.test_run.folder_for("crash-sleep")
        command = ["/bin/sh", "-c", "echo ready >&2; exec sleep 60"]
        return self.crash(command, signal.SIGABRT, folder, lambda: (folder / "log").read_bytes())[0]

    def test_a_crash_leaves_no_core(self):
        for sign in (signal.SIGABRT, signal.SIGSEGV):
            dumped, core = self.connector_crashes(sign)
            self.assertFalse(dumped, sign)
            self.assertIsNone(core, sign)

    def test_on_request_it_leaves_one_with_all_its_secrets(self):
        """Which shows that the test before would notice."""
        if not self.machine_dumps():
            say("       this machine writes no cores at all: that one is written on request cannot be seen")
            return
        if "address" in str(self.test_run.build):
            say("       AddressSanitizer writes no cores: that one is written on request cannot be seen")
            return
        dumped, core = self.connector_crashes(signal.SIGABRT, IOT_EDGE_CONNECTOR_CORE_DUMPS="allow")
        self.assertTrue(dumped)
        log = (self.test_run.folder / "crash-SIGABRT-1" / "log").read_text()
        self.assertIn("IOT_EDGE_CONNECTOR_CORE_DUMPS allows core dumps", log)
        pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
        if core is None and not pattern.startswith(("|", "/")):
            raise Failure(f"a core was written and not found; core_pattern is {pattern}")
        if core:
            self.assertIn(self.FORM, core.read_bytes())

    def test_the_other_programs_leave_none_either(self):
        folder = self.test_run.folder_for("crash-node")
        config = self.node.folder / "config.yaml"
        command = [self.test_run.build / "iot-edge-virtual-node", "--config", config]
        dumped, core = self.crash(command, signal.SIGABRT, folder, lambda: (folder / "log").read_bytes())
        self.assertFalse(dumped)
        self.assertIsNone(core)
