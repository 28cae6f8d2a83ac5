#!/usr/bin/env python3
"""run.py [--build FOLDER] [--long] [-k PATTERN]: the integration tests on a real control plane, with the programs in that folder.

PATTERN selects tests whose Class.method contains it, in any letter case; --long takes those in a hub's real times, which
last for many minutes each. Needs nothing but python3 and what `make test` builds."""

import argparse
import contextlib
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import harness  # noqa: E402
import kubernetes  # noqa: E402
import suite  # noqa: E402
from harness import say  # noqa: E402


class Results:
    def __init__(self):
        self.passed, self.failed = 0, []

    def ok(self, name, seconds):
        self.passed += 1
        say(f"ok   {name} ({seconds:.1f} s)")

    def not_run(self, name, cause):
        self.failed.append(name)
        say(f"FAIL {name}: not run, since {cause} failed")

    def fail(self, name, error):
        self.failed.append(name)
        lines = traceback.format_exception(error)
        if isinstance(error, AssertionError):
            place = traceback.extract_tb(error.__traceback__)
            place = [frame for frame in place if "test_" in pathlib.Path(frame.filename).name] or place
            lines = (
                [f"{pathlib.Path(place[-1].filename).name}:{place[-1].lineno}: {place[-1].line}\n{error}\n"]
                if place
                else lines
            )
        say(f"FAIL {name}")
        for line in "".join(lines).splitlines():
            say(f"     {line}")
        for line in harness.log_tails().splitlines():
            say(f"     {line}")


def run_method(case, name, results):
    """True when it passed."""
    label = f"{type(case).__name__}.{name}"
    harness.teller.begin(label)
    begun = time.monotonic()
    try:
        getattr(case, name)()
    except Exception as error:  # pylint: disable=broad-except
        results.fail(label, error)
        return False
    results.ok(label, time.monotonic() - begun)
    return True


def run_class(run, topic, names, results):
    """All of a class's methods between its set-up and its end; in a chain, those after a failed one fail as well."""
    harness.teller.begin(f"setting up {topic.__name__}")
    case = topic(run)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(case)
        except Exception as error:  # pylint: disable=broad-except
            results.fail(f"setting up {topic.__name__}", error)
            for name in names:
                results.not_run(f"{topic.__name__}.{name}", "its set-up")
            return
        broken = None
        for name in names:
            if broken:
                results.not_run(f"{topic.__name__}.{name}", broken)
            elif not run_method(case, name, results) and topic.chain:
                broken = name
        harness.teller.begin(f"ending {topic.__name__}")


def run_all(run, modules, pattern, results):
    chosen = []
    for topic in suite.topics(modules):
        names = [name for name in suite.methods(topic) if pattern.lower() in f"{topic.__name__}.{name}".lower()]
        # A chain is only whole.
        if names:
            chosen.append((topic, suite.methods(topic) if topic.chain else names))
    if not chosen:
        raise harness.Failure(f"there is no test with {pattern!r} in its name")
    for topic, names in chosen:
        try:
            run_class(run, topic, names, results)
        except Exception as error:  # pylint: disable=broad-except
            results.fail(f"ending {topic.__name__}", error)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", default=harness.PROJECT / "build", help="folder with the programs")
    parser.add_argument("--long", action="store_true", help="the tests that last for many minutes")
    parser.add_argument("-k", dest="pattern", default="", help="only tests whose Class.method contains this")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("ended by a signal"))

    begun = time.monotonic()
    results = Results()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="iot-edge-connector-test-"))
    try:
        logs = f"long{arguments.pattern}" if arguments.long else "integration"
        run = harness.Run(arguments.build, folder, logs)
        harness.teller.begin("starting the control plane")
        with harness.ControlPlane(folder / "cluster") as run.control_plane:
            run.api = kubernetes.Api(run.control_plane.kubeconfig())
            suite.prepare(run)
            modules = suite.LONG_MODULES if arguments.long else suite.MODULES
            run_all(run, modules, arguments.pattern, results)
            harness.teller.begin("stopping the control plane")
    except harness.Failure as error:
        results.fail("preparation", error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(
        f"integration: {results.passed} passed, {len(results.failed)} failed in {time.monotonic() - begun:.0f} s"
        + "".join(f"\n  failed: {name}" for name in results.failed)
    )
    sys.exit(1 if results.failed or not results.passed else 0)


main()
