"""What the integration tests stand on: waiting that tells what it waits for, and the programs under test as context
managers, on free ports and in folders of their own."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import exposition

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = PROJECT / "manifests" / "samples"
INTEGRATION = PROJECT / "tests" / "integration"
POLL_SECONDS = 0.05
TELL_AFTER_SECONDS = 4
LOOPBACK = "127.0.0.1"


class Failure(AssertionError):
    """A test or one of its preconditions failed; the text is for people."""


# --- telling --------------------------------------------------------------------------------------------------------


class Teller:
    """Prints lines, and makes sure that the run is never silent for long."""

    SILENCE_SECONDS = 7

    def __init__(self):
        self._lock = threading.Lock()
        self._last = time.monotonic()
        self._busy_with = None
        self._since = self._last
        threading.Thread(target=self._beat, daemon=True).start()

    def say(self, text):
        with self._lock:
            self._last = time.monotonic()
            print(text, flush=True)

    def begin(self, what):
        self._busy_with, self._since = what, time.monotonic()

    def _beat(self):
        while True:
            time.sleep(1)
            now = time.monotonic()
            if now - self._last > self.SILENCE_SECONDS and self._busy_with:
                self.say(f"       … {self._busy_with}, {now - self._since:.0f} s so far")


teller = Teller()
say = teller.say

# Files whose ends are shown when something fails; whoever writes one says so here.
_logs = []


def log_tails(lines=12):
    """The ends of the logs of what runs now."""
    parts = []
    for path in _logs:
        with contextlib.suppress(OSError):
            tail = path.read_text(errors="replace").splitlines()[-lines:]
            parts.append(f"--- {path}\n" + "\n".join(line[:300] for line in tail))
    return "\n".join(parts)


def shorten(value, length=1500):
    text = value if isinstance(value, str) else json.dumps(value, default=str, indent=1)
    return text if len(text) <= length else text[:length] + " …"


def wait_for(what, get, check=bool, deadline=30.0):
    """Polls get() until check(its value) holds, and returns the value. Says what it waits for when that takes long, and
    what it saw last when it was in vain."""
    begun = told = time.monotonic()
    while True:
        value = get()
        if check(value):
            return value
        now = time.monotonic()
        if now - begun > deadline:
            raise Failure(f"waited {deadline:.0f} s in vain for {what}; last seen: {shorten(value)}")
        if now - told > TELL_AFTER_SECONDS:
            say(f"       waiting for {what}, {now - begun:.0f} s so far")
            told = now
        time.sleep(POLL_SECONDS)


def never_within(what, get, seconds):
    """For the claim that something does not happen: get() stays false for that long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = get()
        if value:
            raise Failure(f"{what}: {shorten(value)}")
        time.sleep(POLL_SECONDS)


# --- HTTP -----------------------------------------------------------------------------------------------------------


def http_call(port, method, path, body=None, headers=None, context=None, timeout=15.0):
    """One call to a loopback port on a connection of its own; (status, body as bytes)."""
    if context:
        connection = http.client.HTTPSConnection(LOOPBACK, port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()


def free_port():
    """A port below the range from which the kernel takes ports of its own accord, so that nobody takes it meanwhile."""
    for _ in range(200):
        port = 12000 + int.from_bytes(os.urandom(2), "big") % 8000
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return port
    raise Failure("found no free port")


# --- processes ------------------------------------------------------------------------------------------------------


class Process:
    """A program in the background with its log. Ends with the context, and then must end well."""

    STOP_SECONDS = 20

    def __init__(self, name, log):
        self.name, self.log = name, pathlib.Path(log)
        self.process = None

    def launch(self, command, **environment):
        if not os.access(command[0], os.X_OK):
            raise Failure(f"{command[0]} is not there: it was not built")
        self._offset = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        if self.log not in _logs:
            _logs.append(self.log)

    def text(self):
        """What it logged since its last start."""
        with open(self.log, "rb") as log:
            log.seek(self._offset)
            return log.read().decode(errors="replace")

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def check_runs(self):
        if not self.runs():
            raise Failure(f"{self.name} ended with status {self.process.returncode}:\n{self.text()[-2000:]}")

    def logged(self, pattern, deadline=20.0):
        """Waits for a line and returns the match."""

        def look():
            match = re.search(pattern, self.text(), re.MULTILINE)
            if not match:
                self.check_runs()
            return match

        return wait_for(f"{self.name} to log {pattern!r}", look, deadline=deadline)

    def kill(self):
        """kill -9."""
        if self.runs():
            self.process.kill()
            self.process.wait()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def ended(self, deadline=STOP_SECONDS):
        """Waits for its end; returns its status."""
        try:
            return self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.name} did not end within {deadline} s") from None

    def stop(self):
        """SIGTERM; anything but status 0 is a failure: a sanitizer's report is one, too."""
        if self.process is None:
            return
        was_running = self.runs()
        if was_running:
            self.process.terminate()
        status = self.ended()
        self.process = None
        if was_running and status != 0:
            raise Failure(f"{self.name} ended with status {status}:\n{self.text()[-3000:]}")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            self.kill()
            if self.log in _logs:
                _logs.remove(self.log)


class ControlPlane:
    """etcd, API server, controllers and scheduler in a folder."""

    SCRIPTS = PROJECT / "tests" / "controlplane"
    OUTPUT = PROJECT / "build" / "controlplane"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.kubectl = self.OUTPUT / "bin" / "kubectl"

    def kubeconfig(self, user=None):
        return self.folder / ("kubeconfig" if user is None else f"kubeconfig-{user}")

    def start(self):
        """After a stop with the same data, at the same address."""
        for piece in (self.OUTPUT / "controlplane", self.kubectl):
            if not os.access(piece, os.X_OK):
                raise Failure(f"{piece} is not there; tests/controlplane/build.sh builds it")
        started = subprocess.Popen(
            [self.SCRIPTS / "start.sh", self.folder],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for line in started.stdout:
            say(f"       {line.rstrip()}")
        if started.wait() != 0:
            raise Failure("the control plane did not start")

    def stop(self):
        subprocess.run([self.SCRIPTS / "stop.sh", self.folder], check=False)

    def wipe(self):
        """What etcd has stored; only while it is stopped."""
        shutil.rmtree(self.folder / "data" / "etcd")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


class Emulator(Process):
    """One emulated IoT Hub with its admin port."""

    def __init__(self, run, name, **options):
        super().__init__(f"emulator of {name}", run.log_file(f"emulator-{name}"))
        self.run, self.name = run, name
        self.folder = run.folder_for(f"emulator-{name}")
        self.options = {
            "evaluation-period": "300ms",
            "first-evaluation": "100ms",
            "pull-delay": "100ms",
            "configuration-calls-per-minute": "0",
            "query-calls-per-minute": "0",
            "log-level": "debug",
            **options,
        }

    def start(self):
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        self.launch(
            [
                self.run.build / "iothub-emulator",
                "--folder",
                self.folder,
                "--port",
                "0",
                "--admin-port",
                "0",
                "--ready-file",
                ready,
            ]
            + [f"--{name}={value}" for name, value in self.options.items()]
        )

        def ports():
            self.check_runs()
            with contextlib.suppress(OSError, ValueError):
                return json.loads(ready.read_text())
            return None

        found = wait_for(f"the {self.name} to listen", ports)
        self.port, self.admin_port = found["port"], found["adminPort"]

    @property
    def connection_string_file(self):
        return self.folder / "connection-string"

    def access(self):
        """How a program is let in, as a hub's entry in its configuration says it."""
        return {"connectionStringFile": str(self.connection_string_file)}

    @property
    def ca_file(self):
        return self.folder / "ca.crt"

    def admin(self, method, path, body=None):
        data = None if body is None else json.dumps(body)
        status, answer = http_call(self.admin_port, method, path, data, {"Content-Type": "application/json"})
        if status >= 300:
            raise Failure(
                f"{method} {path} of the {self.name}'s admin port: {status} {answer.decode(errors='replace')}"
            )
        return json.loads(answer) if answer else None

    # The service's own port, as an operator or another program would use it.

    def _token(self):
        parts = dict(part.split("=", 1) for part in self.connection_string_file.read_text().strip().split(";"))
        resource = urllib.parse.quote(parts["HostName"], safe="")
        expiry = int(time.time()) + 3600
        digest = hmac.new(
            base64.b64decode(parts["SharedAccessKey"]), f"{resource}\n{expiry}".encode(), hashlib.sha256
        ).digest()
        signature = urllib.parse.quote(base64.b64encode(digest), safe="")
        return f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn={parts['SharedAccessKeyName']}"

    def service(self, method, path, body=None, **headers):
        """A call by the service's own interface; fails on an error."""
        context = ssl.create_default_context(cafile=self.ca_file)
        data = None if body is None else json.dumps(body)
        status, answer = http_call(
            self.port,
            method,
            f"{path}?api-version=2021-04-12",
            data,
            {"Authorization": self._token(), "Content-Type": "application/json", **headers},
            context,
        )
        if status >= 300:
            raise Failure(f"{method} {path} of the {self.name}: {status} {answer.decode(errors='replace')}")
        return json.loads(answer) if answer else None

    # What happened, and what is there.

    def calls(self, since=0):
        """Every call of the service after that sequence number."""
        return self.admin("GET", f"/history?since={since}")["calls"]

    def last_call(self):
        return self.admin("GET", "/history")["last"]

    def writes(self, since=0):
        """(method, id) of what changed something."""
        return [(call["method"], call["configuration"]) for call in self.calls(since) if call["committed"]]

    def configurations(self):
        """What is on the hub, by id. The look is not in the history."""
        return {item["id"]: item for item in self.admin("GET", "/configurations")}

    def devices(self):
        return {device["deviceId"]: device for device in self.admin("GET", "/devices")}

    def modules(self, device, system=False):
        """Names and images of the modules that run there: ours or the system's."""
        return {
            m["name"]: m["image"]
            for m in self.devices()[device]["modules"]
            if m["runtimeStatus"] == "running" and m["system"] == system
        }

    def gaps(self, since=0):
        return self.admin("GET", f"/coverage?since={since}")["gaps"]

    def evaluate(self):
        self.admin("POST", "/evaluate")

    # Faults.

    def order(self, method, path_prefix, when, action="hold", count=1):
        self.admin(
            "POST",
            "/faults",
            {"method": method, "pathPrefix": path_prefix, "when": when, "action": action, "count": count},
        )

    def held(self):
        return self.admin("GET", "/faults")["holding"]

    def wait_held(self, method, when):
        wait_for(
            f"a {method} to be held {when} it takes effect",
            self.held,
            lambda held: any(call["method"] == method and call["when"] == when for call in held),
        )

    def clear_faults(self):
        """Forgets the faults and lets the held calls go on."""
        self.admin("DELETE", "/faults")


class Connector(Process):
    """iot-edge-connector with short times. Hubs are emulators; a restart keeps the webhook's port."""

    def __init__(self, run, hubs, namespace, name="connector", webhook_port=None, secrets_from=(), units=50, lease="3s", **sync):
        super().__init__(name, run.log_file(f"{name}-{namespace}"))
        self.run, self.hubs, self.namespace, self.units = run, hubs, namespace, units
        self.folder = run.folder_for(f"{name}-{namespace}")
        self.webhook_port = webhook_port or run.webhook_port
        self.secrets_from = list(secrets_from)
        self.lease = lease
        self.more = {}  # sections of the configuration, in place of what stands below
        self.kubeconfig = run.control_plane.kubeconfig("connector")
        self.environment = {}
        self.hub_keys = {}  # more of each hub's entry
        self.sync = {
            "settle": "300ms",
            "resync": "2s",
            "evaluationPoll": "300ms",
            "status": "300ms",
            "absence": "2s",
            "hubTimeout": "3s",
            "errorBackoff": "2s",
            **sync,
        }

    def write_config(self):
        path = self.folder / "config.yaml"
        path.write_text(
            json.dumps(
                {  # JSON is YAML
                    "kubeconfig": str(self.kubeconfig),
                    "hubs": [
                        {
                            "name": hub.name,
                            **hub.access(),
                            "caFile": str(hub.ca_file),
                            "units": self.units,
                            **self.hub_keys,
                        }
                        for hub in self.hubs
                    ],
                    "webhook": {
                        "address": LOOPBACK,
                        "port": self.webhook_port,
                        "drain": "0s",
                        "certificate": str(self.run.certificates / "tls.crt"),
                        "key": str(self.run.certificates / "tls.key"),
                    },
                    "health": {"address": LOOPBACK, "port": 0},
                    "lease": {"namespace": self.namespace, "duration": self.lease},
                    "sync": self.sync,
                    "secretsFrom": self.secrets_from,
                    "log": {"level": "debug"},
                    **self.more,
                },
                indent=1,
            )
        )
        return path

    def start(self):
        self.launch([self.run.build / "iot-edge-connector", "--config", self.write_config()], **self.environment)
        self.health_port = int(self.logged(r"health and metrics on \S+ port (\d+)").group(1))
        wait_for("the webhook to be ready", lambda: self.readyz()[0], lambda status: status == 200)

    def restart(self):
        self.stop()
        self.start()

    def health(self, path):
        self.check_runs()
        status, body = http_call(self.health_port, "GET", path)
        return status, body.decode()

    def readyz(self):
        return self.health("/readyz")

    def metrics(self):
        """Every sample, by its name with labels and without our prefix."""
        found = {}
        for family in exposition.read(self.health("/metrics")[1]).values():
            for name, labels, value in family.samples:
                shown = ",".join(f'{label}="{text}"' for label, text in labels.items())
                found[name.removeprefix("iot_edge_connector_") + (f"{{{shown}}}" if shown else "")] = value
        return found

    def leads(self):
        return self.metrics()["leader_status"] == 1

    def wait_leads(self):
        wait_for(f"{self.name} to lead", self.leads)

    def wait_in_step(self, deadline=30.0):
        """Until every hub was compared once more from now on, with nothing to do."""
        names = [f'sync_noop_total{{hub="{hub.name}"}}' for hub in self.hubs]
        before = self.metrics()
        wait_for(
            "a pass over each hub that finds nothing to do",
            self.metrics,
            lambda now: all(now[name] > before[name] for name in names),
            deadline,
        )


class VirtualNode(Process):
    """iot-edge-virtual-node for the same hubs."""

    def __init__(self, run, hubs, namespace):
        super().__init__("virtual node", run.log_file(f"virtual-node-{namespace}"))
        self.run, self.hubs, self.namespace = run, hubs, namespace
        self.folder = run.folder_for(f"virtual-node-{namespace}")

    def start(self):
        path = self.folder / "config.yaml"
        path.write_text(
            json.dumps(
                {
                    "kubeconfig": str(self.run.control_plane.kubeconfig("virtual-node")),
                    "hubs": [
                        {"name": hub.name, **hub.access()} for hub in self.hubs
                    ],
                    "lease": {"namespace": self.namespace},
                    "log": {"level": "debug"},
                },
                indent=1,
            )
        )
        self.launch([self.run.build / "iot-edge-virtual-node", "--config", path])


# --- the run --------------------------------------------------------------------------------------------------------


class Run:
    """What all test classes share: the programs' folder, one control plane, certificates and the webhook's address."""

    def __init__(self, build, folder, logs="integration"):
        self.build, self.folder = pathlib.Path(build).resolve(), pathlib.Path(folder)
        self.check_pieces()
        self.logs = self.build / "tests" / "log" / logs
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        self.certificates = self.folder / "certificates"
        self.webhook_port = free_port()

    def log_file(self, name):
        return self.logs / f"{name}.log"

    def folder_for(self, name):
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def check_pieces(self):
        for name in ("iot-edge-connector", "iot-edge-virtual-node", "kubectl-iotedge", "iothub-emulator"):
            if not os.access(self.build / name, os.X_OK):
                raise Failure(f"{self.build / name} is not there: it was not built")

    def connector_command(self, *arguments, deadline=30):
        """A helper command of iot-edge-connector: (status, output, errors)."""
        done = subprocess.run(
            [self.build / "iot-edge-connector", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=deadline,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def make_certificates(self):
        status, _, errors = self.connector_command(
            "certs", "--folder", self.certificates, "--name", "localhost", LOOPBACK
        )
        if status != 0:
            raise Failure(f"iot-edge-connector certs: {errors}")

    def register(self):
        """What `register` printed."""
        status, output, errors = self.connector_command(
            "register",
            "--url",
            f"https://{LOOPBACK}:{self.webhook_port}",
            "--ca",
            self.certificates / "ca.crt",
            "--kubeconfig",
            self.control_plane.kubeconfig(),
        )
        if status != 0:
            raise Failure(f"iot-edge-connector register: {errors}")
        return output
