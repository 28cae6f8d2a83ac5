#!/usr/bin/env python3
"""What the demo asks the emulator: hub.py COMMAND [ARGUMENT]. $IOTHUB_FOLDER is the emulator's folder.

  devices            a line for each device, with its modules
  modules DEVICE     the names of the modules that run there, sorted, on one line
  configurations     the ids of the configurations on the hub, a line each (the service's own API, as any client asks it)
  hold DEVICE        the device takes nothing new
  release DEVICE     ... and goes on
  page               the address of the emulator's page
  gaps               how often a targeted device had no configuration
"""
import base64
import hashlib
import hmac
import json
import os
import ssl
import sys
import time
import urllib.parse
import urllib.request

FOLDER = os.environ["IOTHUB_FOLDER"]


def admin_address():
    with open(f"{FOLDER}/ready") as ready:
        return f"http://127.0.0.1:{json.load(ready)['adminPort']}"


def admin(path, method="GET"):
    request = urllib.request.Request(admin_address() + path, method=method,
                                     data=b"" if method == "POST" else None)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def service(path):
    with open(f"{FOLDER}/connection-string") as file:
        parts = dict(part.split("=", 1) for part in file.read().strip().split(";"))
    host, expiry = urllib.parse.quote(parts["HostName"], safe=""), int(time.time()) + 60
    signature = hmac.new(base64.b64decode(parts["SharedAccessKey"]), f"{host}\n{expiry}".encode(), hashlib.sha256).digest()
    token = urllib.parse.urlencode({"sr": parts["HostName"], "sig": base64.b64encode(signature).decode(), "se": expiry,
                                    "skn": parts["SharedAccessKeyName"]})
    request = urllib.request.Request(f"https://{parts['HostName']}{path}?api-version=2021-04-12",
                                     headers={"Authorization": f"SharedAccessSignature {token}"})
    tls = ssl.create_default_context(cafile=f"{FOLDER}/ca.crt")
    with urllib.request.urlopen(request, timeout=10, context=tls) as answer:
        return json.load(answer)


def running(device):
    return sorted(m["name"] for m in device["modules"] if m.get("runtimeStatus") == "running")


def main(command, argument=None):
    if command == "devices":
        for device in admin("/devices"):
            modules = ", ".join(f"{m['name']} ({m['image']})" for m in device["modules"] if m["name"] not in ("edgeAgent", "edgeHub"))
            print(f"    {device['deviceId']} {json.dumps(device['tags'])}: {modules or 'no modules of ours'}")
    elif command == "modules":
        print(*[name for d in admin("/devices") if d["deviceId"] == argument for name in running(d)])
    elif command == "configurations":
        print("".join(configuration["id"] + "\n" for configuration in service("/configurations")), end="")
    elif command in ("hold", "release"):
        admin(f"/devices/{argument}/{command}", "POST")
    elif command == "page":
        print(admin_address())
    elif command == "gaps":
        print(len(admin("/coverage")["gaps"]))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:3])
