"""What a test class is, which there are, and in which order they run."""

import contextlib
import importlib
import json
import re
import unittest

from harness import INTEGRATION, Connector, Emulator, Failure, VirtualNode, wait_for
from kubernetes import Namespace

# In the order in which a failure is understood best: what the later ones build upon comes first.
MODULES = [
    "test_registration",
    "test_walkthrough",
    "test_admission",
    "test_crash",
    "test_absence",
    "test_api_server",
    "test_deletion_order",
    "test_config_maps",
    "test_secrets",
    "test_layers",
    "test_neighbours",
    "test_baseline",
    "test_two_hubs",
    "test_pods",
    "test_budget",
    "test_hub_answers",
    "test_drift",
    "test_webhook",
    "test_hub_trouble",
    "test_leader",
    "test_metrics",
    "test_credentials",
    "test_canary",
    "test_generated",
    "test_dry_run",
    "test_plugin",
    "test_orphans",
    "test_cli",
    "test_model",
]

# In the real times of a hub, for `make endurance`.
LONG_MODULES = [
    "long_budget",
    "long_rollouts",
    "long_silent_hub",
    "long_api_server",
]


class Topic(unittest.TestCase):
    """A topic: a world that is set up once, and methods that run in the order in which they are written."""

    chain = False  # each method continues where the one before has ended
    hubs = ("hub0",)
    emulator_class = Emulator
    emulator_options = {}
    devices = ()  # ids of those on each hub, in place of the emulator's own three
    sync = {}
    units = 50  # of each hub, as the connector is told
    secrets_from = ()  # namespaces
    maxDiff = None

    def __init__(self, run):
        super().__init__("run")  # unittest's runner is not used, its assertions are
        self.test_run = run
        self.interrupted = False

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.stack = stack
            self.set_up()
            self._after = stack.pop_all()
        return self

    def __exit__(self, kind, error, trace):
        self.interrupted = kind is not None and not issubclass(kind, Exception)
        return self._after.__exit__(kind, error, trace)

    def enter(self, context):
        return self.stack.enter_context(context)

    def set_up(self):
        """The whole world: hubs, connector, virtual nodes, a namespace."""
        self.set_up_namespace()
        options = {**self.fleet(), **self.emulator_options}
        self.emulators = [self.enter(self.emulator_class(self.test_run, name, **options)) for name in self.hubs]
        self.emulator = self.emulators[0]
        self.connector = self.new_connector()
        self.enter(self.connector)
        self.node = self.enter(VirtualNode(self.test_run, self.emulators, self.ns.name))
        # Runs before the connector is stopped.
        self.stack.callback(self.leave_nothing)
        self.wait_nodes()
        self.connector.wait_leads()

    def new_connector(self):
        return Connector(
            self.test_run,
            self.emulators,
            self.ns.name,
            secrets_from=self.secrets_from,
            units=self.units,
            **self.sync,
        )

    def fleet(self):
        """The emulator's option for the devices."""
        if not self.devices:
            return {}
        path = self.test_run.folder_for("fleets") / f"{type(self).__name__}.json"
        path.write_text(json.dumps({"devices": [{"id": device} for device in self.devices]}))
        return {"fleet": path}

    def set_up_namespace(self):
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(self).__name__).lower()
        self.ns = self.enter(Namespace(self.test_run, name))
        self.api = self.ns.api

    def node_name(self, hub):
        return f"iot-edge-connector-{hub}"

    def node_conditions(self, hub="hub0"):
        node = self.api.get(f"/api/v1/nodes/{self.node_name(hub)}")
        return {c["type"]: c for c in node["status"].get("conditions", [])} if node else {}

    def wait_nodes(self):
        def ready():
            return [hub for hub in self.hubs if self.node_conditions(hub).get("Ready", {}).get("status") != "True"]

        wait_for("the virtual nodes to be Ready", ready, lambda missing: not missing)

    def leave_nothing(self):
        """The next class starts with an empty cluster."""
        if self.interrupted:
            return
        if self.connector.process is None or not self.connector.runs():
            self.connector.start()
        try:
            self.ns.empty()
        except Failure:
            self.ns.force_pods_away()
            raise
        for hub in self.hubs:
            self.api.delete(f"/api/v1/nodes/{self.node_name(hub)}")

    # What many of them ask.

    def configuration_of(self, deployment, emulator=None):
        """The only configuration of a Deployment on a hub, or None when there is none or more than one."""
        prefix = f"{self.ns.name}-{deployment}-"
        found = [c for id_, c in (emulator or self.emulator).configurations().items() if id_.startswith(prefix)]
        return found[0] if len(found) == 1 else None

    def ids_of(self, deployment, emulator=None):
        prefix = f"{self.ns.name}-{deployment}-"
        return [id_ for id_ in (emulator or self.emulator).configurations() if id_.startswith(prefix)]

    def wait_configuration(self, deployment, emulator=None):
        return wait_for(
            f"one configuration of {deployment} on the hub", lambda: self.configuration_of(deployment, emulator)
        )

    def wait_gone(self, deployment, emulator=None):
        wait_for(
            f"the configuration of {deployment} to be deleted",
            lambda: self.ids_of(deployment, emulator),
            lambda ids: not ids,
        )


def prepare(run):
    """What the cluster needs once: rights of the two programs, certificates."""
    Namespace(run, "default").apply(INTEGRATION / "roles.yaml")
    run.make_certificates()
    run.register()


def topics(modules):
    found = []
    for module in modules:
        members = vars(importlib.import_module(module)).values()
        found += [
            m for m in members if isinstance(m, type) and issubclass(m, Topic) and m.__module__ == module and methods(m)
        ]
    return found


def methods(topic):
    """Names of its tests, in the order of the text."""
    names = []
    for cls in reversed(topic.__mro__):
        names += [name for name in vars(cls) if name.startswith("test_") and name not in names]
    return names
