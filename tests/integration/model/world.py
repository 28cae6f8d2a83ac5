"""What a run of the model test stands on: two hubs, two replicas behind a proxy each, admission by itself, the virtual
nodes, the two namespaces."""

import contextlib
import json
import re
import socket

from harness import LOOPBACK, Connector, Emulator, Process, VirtualNode, free_port, http_call, wait_for
from kubernetes import Namespace
from model.content import OWNER
from model.proxy import Proxy
from model.state import NAMESPACES, SLOTS, ZONES

HUBS = ("hub0", "hub1")
UNITS = 60
# Each replica has a key of its own, so that a hub's history tells whose a call was.
POLICIES = ("alpha", "iothubowner")
POLICY_FILES = {"alpha": "", "iothubowner": "-iothubowner"}
LEASE_NAMESPACE = NAMESPACES[0]
LEASE_SECONDS = 3
HUB_TIMEOUT_SECONDS = 1
SYNC = {
    "settle": "200ms",
    "resync": "1s",
    "evaluationPoll": "250ms",
    "status": "500ms",
    "absence": "1s",
    "hubTimeout": f"{HUB_TIMEOUT_SECONDS}s",
    "errorBackoff": "1s",
}


class Admission(Process):
    """Admission alone, so that a killed replica does not stop the user."""

    def __init__(self, run):
        super().__init__("admission", run.log_file("admission-model"))
        self.run = run

    def start(self):
        folder = self.run.certificates
        self.launch(
            [self.run.build / "iot-edge-connector", "webhook", "--address", LOOPBACK, "--port", self.run.webhook_port]
            + ["--certificate", folder / "tls.crt", "--key", folder / "tls.key", "--drain", "0s"]
        )

        def listens():
            self.check_runs()
            with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, self.run.webhook_port), 1):
                return True
            return False

        wait_for("admission to listen", listens)


class Replica(Connector):
    """A connector with a name of its own in the Lease, which reaches the API server through its proxy."""

    def __init__(self, run, hubs, name, policy, proxy):
        super().__init__(run, hubs, LEASE_NAMESPACE, name=name, webhook_port=free_port(), **SYNC)
        self.policy, self.proxy = policy, proxy
        self.believed_units = UNITS
        self.frozen = False
        original = self.kubeconfig.read_text()
        self.kubeconfig = self.folder / "kubeconfig-proxy"
        text = re.sub(r"certificate-authority-data: \S+\n", "\n", original)
        self.kubeconfig.write_text(re.sub(r"server: \S+", f"server: {proxy.url}", text))

    def write_config(self):
        path = super().write_config()
        config = json.loads(path.read_text())
        config["owner"] = OWNER
        config["lease"] = {"namespace": LEASE_NAMESPACE, "duration": f"{LEASE_SECONDS}s", "identity": self.name}
        for hub, emulator in zip(config["hubs"], self.hubs):
            hub["units"] = self.believed_units
            hub["connectionStringFile"] = str(emulator.folder / f"connection-string{POLICY_FILES[self.policy]}")
        path.write_text(json.dumps(config))
        return path

    def start(self):
        self.launch([self.run.build / "iot-edge-connector", "--config", self.write_config()])
        self.health_port, self.killed = None, False

    def health(self, path):
        if not self.health_port:
            self.health_port = int(self.logged(r"health and metrics on \S+ port (\d+)").group(1))
        self.check_runs()
        status, body = http_call(self.health_port, "GET", path, timeout=2)
        return status, body.decode()

    def terms(self):
        """How often it has begun to lead since its start."""
        return len(re.findall(r"leading as ", self.text()))

    def freeze(self):
        super().freeze()
        self.frozen = True

    def thaw(self):
        if self.frozen and self.runs():
            super().thaw()
        self.frozen = False

    def kill(self):
        super().kill()
        self.frozen, self.killed = False, True

    def stop(self):
        self.thaw()
        super().stop()

    def leads_now(self):
        """False as well when it cannot be asked."""
        if not self.runs() or self.frozen:
            return False
        with contextlib.suppress(OSError, AssertionError, KeyError, ValueError):
            return self.leads()
        return False


def fleet():
    return {
        "devices": [
            {"id": slot.device(zone), "tags": {"app": slot.app, "zone": zone}} for slot in SLOTS for zone in ZONES
        ]
    }


class World:
    def __init__(self, run, stack):
        self.run, self.api = run, run.api
        self.plane = run.control_plane
        path = run.folder_for("model") / "fleet.json"
        path.write_text(json.dumps(fleet()))
        self.namespaces = {name: stack.enter_context(Namespace(run, name)) for name in NAMESPACES}
        options = {
            "fleet": path,
            "units": UNITS,
            "configuration-calls-per-minute": "20",
            "query-calls-per-minute": "20",
            "pull-delay": "0s",
            "log-level": "info",
            "policy": POLICIES[0],
        }
        self.hubs = {}
        for name, immutable in zip(HUBS, ("keep", "refuse")):
            hub = Emulator(run, name, **options, **{"immutable-content": immutable})
            self.hubs[name] = stack.enter_context(hub)
            hub.admin("PATCH", "/quirks", {"deleteFirst": True})
        stack.enter_context(Admission(run))
        self.replicas = []
        for name, policy in zip(("alpha", "beta"), POLICIES):
            proxy = Proxy((LOOPBACK, self.api._address[1], self.api._context))
            stack.callback(proxy.shut)
            self.replicas.append(stack.enter_context(Replica(run, list(self.hubs.values()), name, policy, proxy)))
        stack.enter_context(VirtualNode(run, list(self.hubs.values()), LEASE_NAMESPACE))
        stack.callback(self.empty)

    def leader(self):
        """The replica that leads, or None."""
        return next((replica for replica in self.replicas if replica.leads_now()), None)

    def wait_leader(self, deadline=30):
        return wait_for("one of the replicas to lead", self.leader, deadline=deadline)

    def other(self, replica):
        return next(one for one in self.replicas if one is not replica)

    def mend(self):
        """Everything runs and nothing is held up any more. What has ended without being told to is a failure."""
        for replica in self.replicas:
            replica.proxy.clear()
            replica.proxy.open()
            replica.thaw()
            if replica.process and not replica.killed:
                replica.check_runs()
            if not replica.runs():
                replica.start()
        for hub in self.hubs.values():
            hub.clear_faults()

    def empty(self):
        self.mend()
        try:
            for namespace in self.namespaces.values():
                namespace.empty()
        except Exception:
            for namespace in self.namespaces.values():
                namespace.force_pods_away()
            raise
        finally:
            for name in HUBS:
                self.api.delete(f"/api/v1/nodes/iot-edge-connector-{name}")
