#!/usr/bin/env python3
"""Makes copies of the peers' build folder with other requests, the same for every server that is measured.

FOLDER/stated     progressDeadlineSeconds is 3600 everywhere: the webhook replaces the API server's default of 600, which the
                  harness takes for a wrong answer
FOLDER/completed  and sample01 is what /mutate makes of it: /validate judges completed objects, and names what is missing

usage: requests.py PROGRAM PEERS_BUILD FOLDER
"""
import base64
import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import time

SHARED = ("bin", "certs", "logs")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def post(port, certs, body):
    """What /mutate answers; waits for the server to listen."""
    context = ssl.create_default_context(cafile=str(certs / "ca.crt"))
    deadline = time.monotonic() + 10
    while True:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
        try:
            connection.request("POST", "/mutate", body, {"Content-Type": "application/json"})
            return json.loads(connection.getresponse().read())["response"]
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        finally:
            connection.close()


def patched(document, operations):
    """The document after add and replace operations, the only ones that the webhook sends."""
    for operation in operations:
        *way, last = [step.replace("~1", "/").replace("~0", "~") for step in operation["path"].split("/")[1:]]
        at = document
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        if isinstance(at, list) and operation["op"] == "add":
            at.insert(len(at) if last == "-" else int(last), operation["value"])
        else:
            at[int(last) if isinstance(at, list) else last] = operation["value"]
    return document


def completed(program, certs, body):
    port = free_port()
    server = subprocess.Popen([program, "webhook", "--address", "127.0.0.1", "--port", str(port), "--drain", "0s",
                               "--certificate", certs / "tls.crt", "--key", certs / "tls.key"],
                              stderr=subprocess.DEVNULL)
    try:
        answer = post(port, certs, body)
    finally:
        server.terminate()
        server.wait(15)
    review = json.loads(body)
    patched(review["request"]["object"], json.loads(base64.b64decode(answer.get("patch", "W10="))))
    return json.dumps(review, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def write_folder(source, target, requests):
    """A peers' build folder whose requests are these."""
    (target / "requests").mkdir(parents=True, exist_ok=True)
    (source / "logs").mkdir(exist_ok=True)
    for name in SHARED:
        link = target / name
        if link.is_symlink():
            link.unlink()
        link.symlink_to(source / name)
    for name, body in requests.items():
        (target / "requests" / name).write_bytes(body)


def main():
    program, source, target = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    requests = {path.name: path.read_bytes().replace(b'"progressDeadlineSeconds":600', b'"progressDeadlineSeconds":3600')
                for path in (source / "requests").glob("*.json")}
    write_folder(source, target / "stated", requests)
    requests["sample01.json"] = completed(program, source / "certs", requests["sample01.json"])
    write_folder(source, target / "completed", requests)


main()
