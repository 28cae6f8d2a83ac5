"""Chromium by the WebDriver protocol, with nothing but the standard library."""
import base64
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1280,900"]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One window, in a profile of its own. Use as a context."""

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="browser-")
        program = shutil.which("chromedriver") or "/usr/bin/chromedriver"
        self.driver = subprocess.Popen([program, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.session = None
        try:
            self.port = self._port()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _port(self):
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                return int(found.group(1))
        raise RuntimeError("chromedriver did not start")

    def _start(self):
        options = {"args": [*SWITCHES, f"--user-data-dir={self.profile}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options,
                  "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        self.session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def __exit__(self, *_):
        if self.session:
            self._call("DELETE", f"/session/{self.session}")
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = None if method != "POST" else json.dumps(body or {})
        connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        value = answer.get("value")
        if isinstance(value, dict) and value.get("error"):
            raise RuntimeError(f"{method} {path}: {value['error']}: {value['message']}")
        return value

    def _post(self, path, body=None):
        return self._call("POST", f"/session/{self.session}{path}", body)

    def devtools(self, command, **parameters):
        return self._post("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, url):
        self._post("/url", {"url": url})

    def run(self, script, *arguments):
        """The value that the script returns; it runs in the page."""
        return self._post("/execute/sync", {"script": script, "args": list(arguments)})

    def element(self, selector):
        return self._post("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self._post(f"/element/{self.element(selector)}/click")

    def type(self, selector, text):
        self._post(f"/element/{self.element(selector)}/value", {"text": text})

    def clear(self, selector):
        self._post(f"/element/{self.element(selector)}/clear")

    def role(self, selector):
        """What assistive technology takes the element for."""
        return self._call("GET", f"/session/{self.session}/element/{self.element(selector)}/computedrole")

    def resize(self, width, height, dark=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def screenshot(self, path):
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=True, clip={**size, "scale": 1})
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))

    def console(self):
        """What the console has said since the last look."""
        return [f"{entry['level']}: {entry['message']}" for entry in self._post("/se/log", {"type": "browser"})]

    def requests(self, document):
        """The addresses that documents below that one have asked for since the last look."""
        messages = [json.loads(entry["message"])["message"] for entry in self._post("/se/log", {"type": "performance"})]
        return [message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
                and message["params"]["documentURL"].startswith(document)]
