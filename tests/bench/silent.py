#!/usr/bin/env python3
"""How long one healthy request takes beside connections that say nothing: the median of --rounds.

usage: silent.py [--build FOLDER] [--connections 1000] [--rounds 5]

The webhook runs as `iot-edge-connector webhook`, with its own four threads. The connections are opened anew for each round, and the
healthy request makes a TLS handshake of its own. The figure to meet is 1 s.
"""
import argparse
import contextlib
import http.client
import json
import pathlib
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

LOOPBACK = "127.0.0.1"
MARK_SECONDS = 1.0
START_SECONDS = 20
REVIEW = json.dumps({
    "apiVersion": "admission.k8s.io/v1",
    "kind": "AdmissionReview",
    "request": {
        "uid": "1234",
        "operation": "CREATE",
        "namespace": "default",
        "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "object": {
            "metadata": {"name": "healthy"},
            "spec": {
                "selector": {"matchLabels": {"app": "healthy"}},
                "template": {
                    "metadata": {
                        "labels": {"app": "healthy"},
                        "annotations": {"isEdgeDeployment": "true", "targetCondition": "tags.testtag='A'"},
                    },
                    "spec": {"containers": [{"name": "module", "image": "example/module:1"}]},
                },
            },
        },
    },
})


def free_port():
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def mutate(port, context):
    with contextlib.closing(http.client.HTTPSConnection(LOOPBACK, port, timeout=30, context=context)) as connection:
        connection.request("POST", "/mutate", REVIEW, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())["response"]
    if not answer["allowed"] or not answer.get("patch"):
        sys.exit(f"silent: the webhook answered something else: {answer}")


@contextlib.contextmanager
def webhook(program, folder):
    """Its port and how to trust it, once it answers."""
    subprocess.run([program, "certs", "--folder", folder, "--name", LOOPBACK], check=True, stdout=subprocess.DEVNULL)
    context = ssl.create_default_context(cafile=folder / "ca.crt")
    port = free_port()
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([program, "webhook", "--address", LOOPBACK, "--port", str(port), "--drain", "0s",
                                    "--certificate", folder / "tls.crt", "--key", folder / "tls.key"], stderr=log)
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                mutate(port, context)
                break
            except ConnectionRefusedError:
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit(f"silent: the webhook did not start: {(folder / 'log').read_text()}")
                time.sleep(0.02)
        yield port, context
    finally:
        process.terminate()
        process.wait(15)


def measure(port, context, connections):
    """Seconds that one request takes beside so many silent connections."""
    with contextlib.ExitStack() as stack:
        for _ in range(connections):
            stack.enter_context(socket.create_connection((LOOPBACK, port), timeout=30))
        begun = time.monotonic()
        mutate(port, context)
        return time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = arguments.connections * 2 + 100  # those of the round before may still be closing
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(hard, wanted), hard))
    with tempfile.TemporaryDirectory(prefix="silent-") as folder:
        program = pathlib.Path(arguments.build).resolve() / "iot-edge-connector"
        with webhook(program, pathlib.Path(folder)) as (port, context):
            took = [measure(port, context, arguments.connections) for _ in range(arguments.rounds)]
            alone = statistics.median(measure(port, context, 0) for _ in range(arguments.rounds))
    median = statistics.median(took)
    print(f"a healthy request beside {arguments.connections} silent connections: {median * 1000:.1f} ms, "
          f"median of {arguments.rounds} (longest {max(took) * 1000:.1f} ms; alone {alone * 1000:.1f} ms)")
    if median > MARK_SECONDS:
        sys.exit(f"silent: more than {MARK_SECONDS:.0f} s")


main()
