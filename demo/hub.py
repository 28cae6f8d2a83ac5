#!/usr/bin/env python3
"""What the demo asks the emulator: hub.py COMMAND [ARGUMENT]. $IOTHUB_FOLDER is the emulator's folder.

  devices            each device with its modules, ours with their images
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
import textwrap
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


def described(module):
    """By its name, ours with the image; what does not run says so."""
    status = module.get("runtimeStatus")
    notes = ([] if module["system"] else [module["image"]]) + ([] if status == "running" else [status or "unknown"])
    return module["name"] + (f" ({', '.join(notes)})" if notes else "")


def device_text(device):
    modules = device["modules"]
    tags = ", ".join(f"{name}={value}" for name, value in device["tags"].items())
    text = f"{device['deviceId']}, {tags}, {len(modules) or 'no'} modules" + (": " if modules else "")
    # Breaks between modules only.
    text += ", ".join(described(module).replace(" ", "\0") for module in modules)
    lines = textwrap.wrap(text, 116, subsequent_indent=" " * 4, break_long_words=False, break_on_hyphens=False)
    return "".join(f"    {line}\n" for line in lines).replace("\0", " ")


def main(command, argument=None):
    if command == "devices":
        print("".join(map(device_text, admin("/devices"))), end="")
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
