#!/usr/bin/env python3
"""Measures iothub-emulator with a large fleet, prints the figures and fails when one misses its mark.

usage: tests/bench/emulator.py [--build build] [--devices 10000] [--configurations 100] [--seconds 10] [-- OPTION...]

Each device has two system modules and two modules of its own. Nine of ten configurations are bases for a part of the fleet
or for all of it; one of ten is a layer for half of it. While requests are answered the hub evaluates every second.
"""
import argparse
import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import random
import signal
import ssl
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.parse

MARKS = {"pass_s": 1.0, "resident_mb": 200.0, "requests_per_s": 500.0}
CONNECTIONS = 8
QUERY = ("SELECT COUNT() AS number FROM devices.modules WHERE moduleId = '$edgeAgent' "
         "AND properties.reported.lastDesiredStatus.code = 200")


def module(image, order):
    return {"type": "docker", "status": "running", "restartPolicy": "always", "startupOrder": order, "version": "1.0",
            "settings": {"image": image, "createOptions": '{"HostConfig":{"PortBindings":{"8883/tcp":[{"HostPort":"8883"}]}}}'},
            "env": {"LEVEL": {"value": "info"}}}


def base_content(number):
    agent = {"schemaVersion": "1.1",
             "runtime": {"type": "docker", "settings": {"minDockerVersion": "v1.25", "loggingOptions": ""}},
             "systemModules": {"edgeAgent": module("mcr.microsoft.com/azureiotedge-agent:1.5", 0),
                               "edgeHub": module("mcr.microsoft.com/azureiotedge-hub:1.5", 0)},
             "modules": {"module01": module(f"registry.example.com/team/module01:{number}", 1),
                         "module02": module(f"registry.example.com/team/module02:{number}", 2)}}
    hub = {"schemaVersion": "1.1", "routes": {"all": "FROM /messages/* INTO $upstream"},
           "storeAndForwardConfiguration": {"timeToLiveSecs": 7200}}
    return {"modulesContent": {"$edgeAgent": {"properties.desired": agent}, "$edgeHub": {"properties.desired": hub},
                               "module01": {"properties.desired": {"interval": number}}}}


def configuration(number, count):
    layers = count // 10
    if number < layers:
        content = {"modulesContent": {"$edgeAgent": {f"properties.desired.modules.module01.env.L{number}": {"value": "x"}}}}
        return {"content": content, "priority": 1000 + number, "targetCondition": f"tags.half='{number % 2}'"}
    condition = "*" if number % 10 == 9 else f"tags.site='s{number % 50}' AND tags.floor>={number % 3}"
    return {"content": base_content(number), "priority": number, "targetCondition": condition}


class Emulator:
    def __init__(self, program, folder, devices, *options):
        fleet = folder / "fleet.json"
        fleet.write_text(json.dumps([{"id": f"device{number:05}", "tags": {
            "site": f"s{number % 50}", "floor": number % 5, "half": str(number % 2)}} for number in range(devices)]))
        ready = folder / "ready"
        self.process = subprocess.Popen(
            [program, "--folder", folder, "--fleet", fleet, "--ready-file", ready, "--configuration-calls-per-minute", "0",
             "--query-calls-per-minute", "0", "--log-level", "warning", *options])
        while not ready.exists():
            if self.process.poll() is not None:
                raise SystemExit("bench: the emulator ended")
            time.sleep(0.02)
        ports = json.loads(ready.read_text())
        self.port, self.admin_port = ports["port"], ports["adminPort"]
        self.tls = ssl.create_default_context(cafile=folder / "ca.crt")
        parts = dict(part.split("=", 1) for part in (folder / "connection-string").read_text().strip().split(";"))
        expiry = str(int(time.time()) + 3600)
        signature = hmac.new(base64.b64decode(parts["SharedAccessKey"]), f"localhost\n{expiry}".encode(), hashlib.sha256)
        self.token = ("SharedAccessSignature sr=localhost&sig="
                      f"{urllib.parse.quote_plus(base64.b64encode(signature.digest()))}&se={expiry}&skn=iothubowner")

    def connect(self):
        return http.client.HTTPSConnection("localhost", self.port, context=self.tls, timeout=60)

    def service(self, connection, method, path, body=None):
        connection.request(method, f"{path}?api-version=2021-04-12", body and json.dumps(body),
                           {"Authorization": self.token, "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 204):
            raise SystemExit(f"bench: {method} {path}: {answer.status} {text[:300]}")
        return text

    def admin(self, method, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=60)
        connection.request(method, path)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != 200:
            raise SystemExit(f"bench: {method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)

    def megabytes(self, name):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
        raise SystemExit(f"bench: no {name}")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def passes_measure(emulator, rounds):
    """Seconds of processor time, which other programs on the machine do not lengthen; a pass is in one thread."""
    seconds = []
    for _ in range(rounds):
        start = emulator.cpu_seconds()
        emulator.admin("POST", "/evaluate")
        seconds.append(emulator.cpu_seconds() - start)
    return seconds


class Load:
    """What a service client does: twins, configurations one and all, queries by the page."""

    def __init__(self, emulator, devices, configurations, seconds):
        self.emulator, self.devices, self.configurations = emulator, devices, configurations
        self.until = time.monotonic() + seconds
        self.times = []
        self.lock = threading.Lock()

    def one(self, connection, chance):
        kind, device = chance.random(), f"device{chance.randrange(self.devices):05}"
        if kind < 0.5:
            return "GET", f"/twins/{device}/modules/$edgeAgent", None
        if kind < 0.7:
            return "GET", f"/twins/{device}", None
        if kind < 0.9:
            return "GET", f"/configurations/c{chance.randrange(self.configurations):03}", None
        return "PATCH", f"/twins/{device}", {"tags": {"seen": chance.randrange(100)}}

    def run(self, seed):
        chance, times, connection = random.Random(seed), [], self.emulator.connect()
        while time.monotonic() < self.until:
            call = self.one(connection, chance)
            start = time.monotonic()
            self.emulator.service(connection, *call)
            times.append(time.monotonic() - start)
        with self.lock:
            self.times += times


def load_measure(emulator, devices, configurations, seconds):
    load = Load(emulator, devices, configurations, seconds)
    threads = [threading.Thread(target=load.run, args=(seed,)) for seed in range(CONNECTIONS)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    while time.monotonic() < load.until:
        passes_measure(emulator, 1)
        time.sleep(1)
    for thread in threads:
        thread.join()
    return sorted(load.times), time.monotonic() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--devices", type=int, default=10000)
    parser.add_argument("--configurations", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("options", nargs="*", help="more options for the emulator, after --")
    arguments = parser.parse_args()
    program = pathlib.Path(arguments.build).resolve() / "iothub-emulator"

    with tempfile.TemporaryDirectory() as name:
        emulator = Emulator(program, pathlib.Path(name), arguments.devices, "--evaluation-period", "0s",
                            "--pull-delay", "0s", "--limit", str(arguments.configurations), *arguments.options)
        try:
            measure(emulator, arguments)
        finally:
            emulator.stop()


def measure(emulator, arguments):
    connection = emulator.connect()
    for number in range(arguments.configurations):
        emulator.service(connection, "PUT", f"/configurations/c{number:03}", configuration(number, arguments.configurations))
    first = passes_measure(emulator, 1)[0]
    seconds = passes_measure(emulator, 5)
    start = emulator.cpu_seconds()
    found = json.loads(emulator.service(connection, "POST", "/devices/query", {"query": QUERY}))
    query_s = emulator.cpu_seconds() - start
    if found != [{"number": arguments.devices}]:
        raise SystemExit(f"bench: not every device succeeded: {found}")
    times, took = load_measure(emulator, arguments.devices, arguments.configurations, arguments.seconds)
    figures = {"pass_s": statistics.median(seconds), "resident_mb": emulator.megabytes("VmRSS"),
               "requests_per_s": len(times) / took}
    print(f"iothub-emulator: {arguments.devices} devices, {arguments.configurations} configurations, {os.cpu_count()} cores")
    print(f"  evaluation pass       {figures['pass_s']:8.2f} s   (worst of {len(seconds)}: {max(seconds):.2f} s; the first, in which all "
          f"devices follow: {first:.2f} s; mark < 1 s)")
    print(f"  query over all twins  {query_s:8.2f} s")
    print(f"  resident memory       {figures['resident_mb']:8.1f} MB  (peak {emulator.megabytes('VmHWM'):.1f} MB; mark < 200 MB)")
    print(f"  requests answered     {figures['requests_per_s']:8.0f} /s  (a pass every second; median "
          f"{statistics.median(times) * 1000:.1f} ms, 99 % {times[int(len(times) * 0.99)] * 1000:.0f} ms, "
          f"longest {times[-1] * 1000:.0f} ms; mark 500 /s)")
    missed = [name for name in MARKS if (figures[name] < MARKS[name]) == (name == "requests_per_s")]
    if missed:
        raise SystemExit(f"bench: missed: {', '.join(missed)}")


main()
