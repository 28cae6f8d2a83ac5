#!/usr/bin/env python3
"""Measures the connector in a large cluster, prints the figures and fails when one misses its mark.

usage: tests/bench/cluster.py [--build build] [--hubs 20] [--edge 90] [--deployments 10000] [--config-maps 20000]

On a real control plane: that many emulated hubs with that many edge Deployments each, every one with a ConfigMap of its own,
among Deployments (with their ReplicaSets) and ConfigMaps that are none of ours. Measured are the resident memory, how long a
change takes to its hub beyond the settling, and what a restart writes. Making the objects takes the most of the time.
"""
import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
sys.dont_write_bytecode = True

import harness  # noqa: E402
import kubernetes  # noqa: E402
import objects  # noqa: E402
import suite  # noqa: E402
from harness import say, wait_for  # noqa: E402

RESIDENT_MB, LATE_S = 48.0, 1.0
SETTLE_S = 2.0
CLIENTS = 8
CHANGES = 20
NAMESPACES = 20
PAGE = 500
FLEET_DEADLINE = 1800


class Clients:
    """Parallel connections to the API server."""

    def __init__(self, kubeconfig):
        self.kubeconfig = kubeconfig
        self.own = threading.local()

    def api(self):
        if not hasattr(self.own, "api"):
            self.own.api = kubernetes.Api(self.kubeconfig)
        return self.own.api

    def create_all(self, what, items):
        """items: (path, object)."""
        begun, count = time.monotonic(), 0
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            for _ in pool.map(lambda item: self.api().create(*item), items, chunksize=50):
                count += 1
                if count % 2000 == 0:
                    say(f"       {count} {what} made, {time.monotonic() - begun:.0f} s")
        say(f"       {count} {what} made in {time.monotonic() - begun:.0f} s")


def count_items(api, path):
    """How many there are in the whole cluster."""
    answer = api.get(f"{path}?limit=1")
    return len(answer["items"]) + answer["metadata"].get("remainingItemCount", 0)


def count_available(api, hubs):
    """Of the edge Deployments."""
    return sum(item.get("status", {}).get("availableReplicas", 0)
               for hub in hubs for item in api.get(f"{kubernetes.APPS}/namespaces/{hub}/deployments")["items"])


def unrelated_deployments(count):
    for number in range(count):
        yield f"{kubernetes.APPS}/namespaces/other{number % NAMESPACES}/deployments", objects.plain_deployment(f"web{number}")


def unrelated_config_maps(count):
    text = "setting = value\n" * 60
    for number in range(count):
        yield (f"/api/v1/namespaces/other{number % NAMESPACES}/configmaps",
               objects.config_map(f"settings{number}", **{"app.conf": text, "number": str(number)}))


def edge_deployment(hub, number, version=1):
    deployment = objects.edge_deployment(f"edge{number}", {f"module{number}": f"example/module:{version}"},
                                         condition=f"tags.site='{number}'")
    deployment["spec"]["template"]["spec"]["nodeSelector"]["kubernetes.io/hostname"] = f"iot-edge-connector-{hub}"
    return deployment


def edge_objects(hubs, count):
    """ConfigMaps first, so that each configuration is made once."""
    for hub in hubs:
        path = f"/api/v1/namespaces/{hub}/configmaps"
        yield path, objects.config_map("edgehub", desiredProperties='{"routes":{"all":"FROM /messages/* INTO $upstream"}}')
        for number in range(count):
            yield path, objects.config_map(f"module{number}", createOptions='{"HostConfig":{"Binds":["/a:/b"]}}',
                                           desiredProperties=f'{{"interval":{number}}}')
    for number in range(count):
        for hub in hubs:
            yield f"{kubernetes.APPS}/namespaces/{hub}/deployments", edge_deployment(hub, number)


def megabytes(process, name):
    for line in pathlib.Path(f"/proc/{process.process.pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise harness.Failure(f"no {name}")


def managed(connector):
    return sum(value for name, value in connector.metrics().items() if name.startswith("managed_configurations{"))


def make_fleet(clients, arguments, connector, emulators):
    hubs = [emulator.name for emulator in emulators]
    clients.create_all("edge Deployments and ConfigMaps", edge_objects(hubs, arguments.edge))
    wanted = arguments.edge * len(hubs)
    wait_for(f"{wanted} configurations on the hubs", lambda: managed(connector), lambda count: count == wanted, FLEET_DEADLINE)
    wait_for("their Deployments to be available", lambda: count_available(clients.api(), hubs), lambda count: count == wanted,
             FLEET_DEADLINE)
    connector.wait_in_step(300)


def measure_changes(clients, arguments, emulators):
    """Seconds from a change to its create on the hub, the settling taken off."""
    late = []
    for number in range(CHANGES):
        emulator = emulators[number % len(emulators)]
        name = f"edge{number % arguments.edge}"
        since = emulator.last_call()
        body = {"spec": {"template": {"spec": {"containers": [
            {"name": f"module{number % arguments.edge}", "image": "example/module:2"}]}}}}
        begun = time.monotonic()
        clients.api().patch(f"{kubernetes.APPS}/namespaces/{emulator.name}/deployments/{name}", body, kubernetes.STRATEGIC_PATCH)
        wait_for("the change on its hub", lambda: [w for w in emulator.writes(since) if w[0] == "PUT"])
        late.append(time.monotonic() - begun - SETTLE_S)
    return sorted(late)


def measure_restart(connector, emulators, wanted):
    """(seconds until all hubs are in step, number of writes)."""
    connector.stop()
    since = {emulator: emulator.last_call() for emulator in emulators}
    begun = time.monotonic()
    connector.start()
    wait_for("all configurations to be known", lambda: managed(connector), lambda count: count == wanted, 600)
    connector.wait_in_step(300)
    seconds = time.monotonic() - begun
    return seconds, sum(len(emulator.writes(since[emulator])) for emulator in emulators)


def measure(run, arguments, stack):
    clients = Clients(run.control_plane.kubeconfig())
    hubs = [f"hub{number}" for number in range(arguments.hubs)]
    for name in [f"other{number}" for number in range(NAMESPACES)] + hubs:
        run.api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    clients.create_all("unrelated Deployments", unrelated_deployments(arguments.deployments))
    clients.create_all("unrelated ConfigMaps", unrelated_config_maps(arguments.config_maps))
    fleet = run.folder / "fleet.json"
    fleet.write_text(json.dumps([{"id": f"device{number}", "tags": {"site": str(number)}} for number in range(arguments.edge)]))
    emulators = [stack.enter_context(harness.Emulator(run, hub, fleet=fleet, **{"log-level": "warning", "evaluation-period": "5s"}))
                 for hub in hubs]
    connector = stack.enter_context(harness.Connector(
        run, emulators, "default", lease="15s", settle=f"{SETTLE_S:.0f}s", resync="20s", evaluationPoll="10s", status="15s", hubTimeout="30s"))
    stack.enter_context(harness.VirtualNode(run, emulators, "default"))
    connector.wait_leads()
    empty = megabytes(connector, "VmRSS")
    say(f"       resident without an edge Deployment: {empty:.1f} MB, peak {megabytes(connector, 'VmHWM'):.1f} MB")
    make_fleet(clients, arguments, connector, emulators)
    wait_for("the ReplicaSets of all Deployments", lambda: count_items(run.api, f"{kubernetes.APPS}/replicasets"),
             lambda count: count >= arguments.deployments + arguments.edge * arguments.hubs, FLEET_DEADLINE)
    full = megabytes(connector, "VmRSS")
    say(f"       resident with all: {full:.1f} MB, peak {megabytes(connector, 'VmHWM'):.1f} MB")
    late = measure_changes(clients, arguments, emulators)
    wait_for("the old configurations to be gone", lambda: managed(connector), lambda count: count == arguments.edge * arguments.hubs, 300)
    seconds, writes = measure_restart(connector, emulators, arguments.edge * arguments.hubs)
    figures = {"resident_mb": max(full, megabytes(connector, "VmRSS")), "late_s": late[-1], "writes": writes}
    print(f"iot-edge-connector: {arguments.hubs} hubs of {arguments.edge} Deployments, among {arguments.deployments} Deployments "
          f"and {arguments.config_maps} ConfigMaps, {os.cpu_count()} cores")
    print(f"  resident memory         {full:8.1f} MB  (without an edge Deployment {empty:.1f} MB; after a restart "
          f"{megabytes(connector, 'VmRSS'):.1f} MB, its peak {megabytes(connector, 'VmHWM'):.1f} MB; mark < {RESIDENT_MB:.0f} MB)")
    print(f"  a change on its hub     {late[-1]:8.2f} s   after the settling, longest of {len(late)} (median "
          f"{late[len(late) // 2]:.2f} s; mark < {LATE_S:.0f} s)")
    print(f"  restart to in step      {seconds:8.1f} s   with {writes} writes (mark 0)")
    return [name for name, missed in (("resident memory", figures["resident_mb"] >= RESIDENT_MB),
                                      ("a change on its hub", figures["late_s"] >= LATE_S),
                                      ("restart", writes != 0)) if missed]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=harness.PROJECT / "build")
    parser.add_argument("--hubs", type=int, default=20)
    parser.add_argument("--edge", type=int, default=90)
    parser.add_argument("--deployments", type=int, default=10000)
    parser.add_argument("--config-maps", type=int, default=20000)
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("ended by a signal"))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="iot-edge-connector-bench-"))
    try:
        run = harness.Run(arguments.build, folder)
        run.logs = run.build / "bench" / "cluster"
        run.logs.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            run.control_plane = stack.enter_context(harness.ControlPlane(folder / "cluster"))
            run.api = kubernetes.Api(run.control_plane.kubeconfig())
            suite.prepare(run)
            missed = measure(run, arguments, stack)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if missed:
        raise SystemExit(f"bench: missed: {', '.join(missed)}")


main()
