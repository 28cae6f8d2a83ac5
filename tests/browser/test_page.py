#!/usr/bin/env python3
"""The emulator's page in a headless Chromium.

usage: tests/browser/test_page.py [--build build]; the screenshots are in build/browser
"""
import argparse
import base64
import hashlib
import hmac
import http.client
import json
import pathlib
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from webdriver import Browser

BUILD = pathlib.Path("build")
DEADLINE = 20
TRICK = "<img src=x onerror=document.title='tricked'>"
FLEET = [{"id": "device01", "tags": {"testtag": "A", "trick": TRICK}}, {"id": "device02", "tags": {"testtag": "B"}},
         {"id": "device03", "tags": {"testtag": "A", "site": {"name": "north", "floor": 2}}}]
ALL_RUNNING = {name: "running" for name in ("edgeAgent", "edgeHub", "module01", "module02")}


def module(image, order=1):
    return {"type": "docker", "status": "running", "restartPolicy": "always", "startupOrder": order, "settings": {"image": image}}


def deployment(version):
    agent = {"schemaVersion": "1.1", "runtime": {"type": "docker", "settings": {}},
             "systemModules": {"edgeAgent": module("mcr.microsoft.com/azureiotedge-agent:1.5", 0),
                               "edgeHub": module("mcr.microsoft.com/azureiotedge-hub:1.5", 0)},
             "modules": {f"module0{number}": module(f"registry.example.com/samples/module0{number}:{version}") for number in (1, 2)}}
    hub = {"schemaVersion": "1.1", "routes": {}, "storeAndForwardConfiguration": {"timeToLiveSecs": 7200}}
    return {"modulesContent": {"$edgeAgent": {"properties.desired": agent}, "$edgeHub": {"properties.desired": hub}}}


LAYER = {"modulesContent": {"$edgeAgent": {"properties.desired.modules.probe": module("registry.example.com/samples/probe:7")}}}


class Emulator:
    def __init__(self, folder, fleet, *options):
        self.folder, self.options, self.ports = folder, options, (0, 0)
        (folder / "fleet.json").write_text(json.dumps(fleet))

    def start(self):
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [BUILD / "iothub-emulator", "--folder", self.folder, "--fleet", self.folder / "fleet.json", "--ready-file", ready,
             "--port", str(self.ports[0]), "--admin-port", str(self.ports[1]), "--evaluation-period", "200ms",
             "--pull-delay", "50ms", "--state", self.folder / "state", "--log-level", "warning", *self.options])
        wait_for("the emulator to listen", lambda: ready.exists() or self.process.poll() is not None)
        found = json.loads(ready.read_text())
        self.ports = found["port"], found["adminPort"]
        self.page = f"http://127.0.0.1:{self.ports[1]}/"

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def _exchange(self, connection, method, path, body, headers):
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {text.decode()}")

    def admin(self, method, path, body=None):
        self._exchange(http.client.HTTPConnection("127.0.0.1", self.ports[1], timeout=DEADLINE), method, path, body, {})

    def put(self, name, condition, priority, content):
        parts = dict(part.split("=", 1) for part in (self.folder / "connection-string").read_text().strip().split(";"))
        expiry = str(int(time.time()) + 600)
        digest = hmac.new(base64.b64decode(parts["SharedAccessKey"]), f"localhost\n{expiry}".encode(), hashlib.sha256).digest()
        token = (f"SharedAccessSignature sr=localhost&sig={urllib.parse.quote_plus(base64.b64encode(digest))}"
                 f"&se={expiry}&skn=iothubowner")
        tls = ssl.create_default_context(cafile=self.folder / "ca.crt")
        self._exchange(http.client.HTTPSConnection("localhost", self.ports[0], context=tls, timeout=DEADLINE), "PUT",
                       f"/configurations/{name}?api-version=2021-04-12",
                       {"targetCondition": condition, "priority": priority, "content": content}, {"Authorization": token})


def wait_for(what, condition, seconds=DEADLINE):
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


class PageTest(unittest.TestCase):
    fleet = FLEET

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.emulator = Emulator(pathlib.Path(folder.name), self.fleet)
        self.emulator.start()
        self.addCleanup(self.emulator.stop)
        self.browser = self.enterContext(Browser())

    def look(self):
        self.browser.open(self.emulator.page)
        wait_for("the page to be live", lambda: self.browser.run("return document.getElementById('link').dataset.link") == "live")

    def modules(self, device):
        """Module → status, as the page shows them for a device."""
        return self.browser.run("""
            const row = [...document.querySelectorAll('[data-device]')].find(row => row.dataset.device === arguments[0]);
            return row && Object.fromEntries([...row.querySelectorAll('[data-module]')].map(item =>
                [item.querySelector('b').textContent, item.querySelector('em').textContent]));""", device)

    def devices(self):
        return self.browser.run("return [...document.querySelectorAll('[data-device]')].map(row => row.dataset.device)")

    def text(self, selector):
        return self.browser.run("return document.querySelector(arguments[0]).innerText", selector)

    def screenshots(self, name):
        """At both widths, in light and dark; nothing may be cut off or need scrolling sideways."""
        for width in (1280, 360):
            for dark in (False, True):
                self.browser.resize(width, 800, dark)
                self.browser.screenshot(BUILD / "browser" / f"{name}-{width}{'-dark' if dark else ''}.png")
                self.assertEqual(self.browser.run("""
                    const root = document.documentElement;
                    return [root.scrollWidth, [...document.querySelectorAll('body *:not(.away):not(svg *)')].filter(element =>
                        !element.closest('.away, thead, svg') && element.getBoundingClientRect().right > innerWidth + 0.5).length];"""),
                    [width, 0], f"{name} at {width}")


class Walkthrough(PageTest):
    def setUp(self):
        super().setUp()
        self.look()
        self.browser.run("window.untouched = true")
        self.emulator.put("sample01", "tags.testtag='A'", 10, deployment("1.0"))
        for device in ("device01", "device03"):
            wait_for(f"four modules on {device}", lambda: self.modules(device) == ALL_RUNNING)

    def tearDown(self):
        self.assertIs(self.browser.run("return window.untouched"), True, "the page was loaded again")
        self.assertEqual(self.browser.console(), [])
        asked = self.browser.requests(self.emulator.page)
        self.assertGreater(len(asked), 2)
        self.assertEqual([url for url in asked if not url.startswith(self.emulator.page) and not url.startswith("data:image/svg")], [])
        self.assertEqual(self.browser.run("return document.title"), "IoT Hub emulator")

    def test_a_crash_is_seen_without_a_reload(self):
        self.assertEqual(self.modules("device02"), {})
        self.emulator.admin("POST", "/devices/device03/modules/module02/fail", {
            "runtimeStatus": "backoff", "exitCode": 3, "statusDescription": f"Exited (3) {TRICK}"})
        wait_for("backoff", lambda: self.modules("device03")["module02"] == "backoff", 2)
        self.assertEqual(self.modules("device03"), {**ALL_RUNNING, "module02": "backoff"})
        self.assertEqual(self.modules("device01"), ALL_RUNNING)
        self.assertEqual(self.text("[data-device=device03] [data-status=backoff] .why"), f"Exited (3) {TRICK}")
        self.assertEqual(self.text("#f-modules"), "7 of 8")
        self.assertEqual(self.text("#f-modules-more"), "1 backoff")
        self.assertEqual(self.text("#f-devices-more"), "1 in trouble")
        self.assertEqual(self.browser.run("return document.getElementById('news').textContent"), "module02 on device03: backoff")
        self.screenshots("crash")
        self.emulator.admin("POST", "/devices/device03/modules/module02/recover")
        wait_for("module02 to run", lambda: self.modules("device03") == ALL_RUNNING, 2)

    def test_configurations(self):
        self.emulator.put("probes", "tags.testtag='A' AND tags.site.floor>1", 1000, LAYER)
        self.emulator.put("nobody", "", 3, deployment("0.1"))
        wait_for("the layer on device03", lambda: self.modules("device03") == {**ALL_RUNNING, "probe": "running"})
        row = """return [...document.querySelectorAll('[data-configuration]')].map(row =>
                   [row.dataset.configuration, ...[...row.querySelectorAll('td')].map(cell => cell.innerText)])"""
        wanted = [["probes", "1,000", "tags.testtag='A' AND tags.site.floor>1", "1", "1", "1", "0"],
                  ["sample01", "10", "tags.testtag='A'", "2", "2", "2", "0"],
                  ["nobody", "3", "none: targets nobody", "0", "0", "0", "0"]]
        wait_for("the counts", lambda: self.browser.run(row) == wanted)
        self.assertEqual(self.text("[data-device=device03] td"), "sample01\n+ probes")
        self.screenshots("configurations")

    def test_tables_are_tables_and_what_comes_from_outside_is_text(self):
        for width in (1280, 360):
            self.browser.resize(width, 800)
            self.assertEqual(self.browser.role("#devices table"), "table")
            self.assertEqual(self.browser.role("#devices tbody tr"), "row")
            self.assertEqual(self.browser.role("#devices tbody th"), "rowheader")
            self.assertEqual(self.browser.role("#devices tbody td"), "cell")
            self.assertEqual(self.browser.role("#devices .modules"), "list")
        self.assertEqual(self.text("[data-device=device01] .tags"), f"testtag: A\ntrick: {TRICK}")
        self.assertEqual(self.browser.run("return document.querySelectorAll('main img').length"), 0)


class LargeFleet(PageTest):
    fleet = [{"id": f"device{number:04}"} for number in range(1, 121)]

    def test_pages_and_search(self):
        self.emulator.put("all", "*", 1, deployment("1.0"))
        self.look()
        self.assertEqual(self.devices(), [f"device{number:04}" for number in range(1, 51)])
        self.browser.click("#after")
        wait_for("the second page", lambda: self.devices()[0] == "device0051")
        self.assertEqual(self.text("#range"), "51–100 of 120")
        self.browser.type("#search", "E011")
        wait_for("the devices found", lambda: self.devices() == [f"device{number:04}" for number in range(110, 120)])
        self.browser.click("#trouble")
        wait_for("nothing", lambda: self.text("#device-rows") == "No device is in trouble.")
        wait_for("modules", lambda: self.text("#f-modules") == "480 of 480")
        self.emulator.admin("POST", "/devices/device0115/modules/edgeHub/fail", {"runtimeStatus": "failed", "exitCode": 139})
        wait_for("the trouble", lambda: self.devices() == ["device0115"])
        self.assertEqual(self.modules("device0115"), {**ALL_RUNNING, "edgeHub": "failed"})
        self.emulator.admin("POST", "/devices/device0113/hold")
        wait_for("the held one", lambda: self.devices() == ["device0113", "device0115"])
        self.screenshots("trouble")


class Restart(PageTest):
    def test_the_page_says_when_the_emulator_is_gone_and_goes_on_with_its_state_when_it_is_back(self):
        crashed = {**ALL_RUNNING, "module01": "failed"}
        self.look()
        self.emulator.put("sample01", "tags.testtag='A'", 10, deployment("1.0"))
        wait_for("four modules", lambda: self.modules("device01") == ALL_RUNNING)
        self.emulator.admin("POST", "/devices/device01/modules/module01/fail", {"runtimeStatus": "failed"})
        wait_for("the crash", lambda: self.modules("device01") == crashed)
        self.emulator.stop()
        wait_for("the loss to be told", lambda: self.text("#link") == "Not reachable")
        self.assertEqual(self.devices(), ["device01", "device02", "device03"])
        self.browser.run("document.getElementById('device-rows').known.clear(); document.getElementById('device-rows').replaceChildren()")
        self.emulator.start()
        wait_for("the page to be live", lambda: self.text("#link") == "Live")
        self.assertEqual(self.modules("device01"), crashed)
        self.assertEqual(self.modules("device03"), ALL_RUNNING)
        self.emulator.put("sample02", "tags.testtag='B'", 10, deployment("1.0"))
        wait_for("four modules on device02", lambda: self.modules("device02") == ALL_RUNNING)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=BUILD)
    options, rest = parser.parse_known_args()
    BUILD = options.build.resolve()
    (BUILD / "browser").mkdir(parents=True, exist_ok=True)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
