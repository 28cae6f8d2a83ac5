"""What the Python checks share: the hub, the list of checks, one line for each."""

import json
import os
import pathlib
import time
import traceback
import urllib.request

from azure.iot.hub import IoTHubConfigurationManager, IoTHubRegistryManager
from azure.iot.hub.sastoken import SasToken
from msrest.exceptions import HttpOperationError

CONNECTION_STRING = os.environ["HUB_CONNECTION_STRING"]
FIELDS = dict(part.split("=", 1) for part in CONNECTION_STRING.split(";"))
ADMIN = os.environ.get("HUB_ADMIN")  # the emulator's admin interface; a real hub has none
PREFIX = os.environ["HUB_PREFIX"]  # of every configuration that this run makes
PAUSE = float(os.environ.get("HUB_PAUSE", "0"))  # seconds between two calls
FOLDER = str(pathlib.Path(__file__).parent)
CONTENTS = json.loads((pathlib.Path(FOLDER).parent / "contents.json").read_text())

configurations = IoTHubConfigurationManager.from_connection_string(CONNECTION_STRING)
registry = IoTHubRegistryManager.from_connection_string(CONNECTION_STRING)


class Different(Exception):
    """The hub answered something else than expected."""


class Skip(Exception):
    """This hub has not what the check needs."""


class Suite:
    """The checks of one program, in their order."""

    def __init__(self, client):
        self.client = client
        self.checks = []

    def check(self, name, emulator_only=None):
        """Registers a check. emulator_only: why it must not, or cannot, run on a real hub."""

        def register(function):
            self.checks.append((name, emulator_only, function))
            return function

        return register

    def run(self):
        """Runs all checks and returns the program's exit status."""
        failed = sum(self._run_one(*one) for one in self.checks)
        return 1 if failed else 0

    def _run_one(self, name, emulator_only, function):
        if emulator_only and not ADMIN:
            print(f"skip {self.client}: {name}: {emulator_only}", flush=True)
            return False
        try:
            function()
        except Skip as reason:
            print(f"skip {self.client}: {name}: {reason}", flush=True)
            return False
        except Different as difference:
            print(f"FAIL {self.client}: {name}: {difference}", flush=True)
            return True
        except Exception as error:  # pylint: disable=broad-except
            text = " ".join(str(error).split())[:300]
            print(f"FAIL {self.client}: {name}: {type(error).__name__}: {text}, at {own_line(error)}", flush=True)
            return True
        print(f"ok   {self.client}: {name}", flush=True)
        return False


def own_line(error):
    """Where in these checks, not in the client's library, it went wrong."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if frame.filename.startswith(FOLDER) and frame.filename != __file__]
    return f"{pathlib.Path(frames[-1].filename).name}:{frames[-1].lineno}"


def call(function, *arguments, **named):
    """Calls the hub, no faster than it allows."""
    time.sleep(PAUSE)
    return function(*arguments, **named)


def same(what, actual, expected):
    if actual != expected:
        raise Different(f"{what} is {actual!r}, expected {expected!r}")


def holds(what, condition):
    if not condition:
        raise Different(f"expected: {what}")


def refused(status, code, function, *arguments, **named):
    """The call must fail with that status, and the error code in the header and in the body's Message."""
    try:
        call(function, *arguments, **named)
    except HttpOperationError as error:
        response = error.response
    else:
        raise Different(f"expected {status} {code}, and it was accepted")
    found = (response.status_code, response.headers.get("iothub-errorcode"))
    same("status and iothub-errorcode", found, (status, code))
    body = json.loads(response.text)
    holds(f"a Message that begins with ErrorCode:{code}; and it is {body}",
          str(body.get("Message")).startswith(f"ErrorCode:{code};"))
    holds(f"an ExceptionMessage with a tracking id, and it is {body}",
          str(body.get("ExceptionMessage")).startswith("Tracking ID:"))


def status_of(error):
    """The HTTP status that an exception stands for; the exception itself when it stands for none."""
    return getattr(getattr(error, "response", None), "status_code", error)


def remove(*identifiers):
    """Deletes what a run may have left on the hub."""
    for identifier in identifiers:
        try:
            call(configurations.delete_configuration, identifier)
        except HttpOperationError as error:
            if status_of(error) != 404:
                print(f"FAIL python: {identifier} may be left on the hub: {error}", flush=True)


def token(lifetime=3600, key=None, policy=None):
    """An Authorization header of one's own, for custom_headers."""
    signed = SasToken(FIELDS["HostName"], key or FIELDS["SharedAccessKey"], policy or FIELDS["SharedAccessKeyName"],
                      lifetime)
    return {"Authorization": str(signed)}


def admin(method, path):
    """A call of the emulator's admin interface."""
    request = urllib.request.Request(ADMIN + path, method=method, data=b"" if method == "POST" else None)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read() or b"null")
