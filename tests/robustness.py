#!/usr/bin/env python3
"""Whether docs/robustness.md tells the truth about itself: each test that it names exists, it names every kind of fault of the
model-based test, and its table of planted bugs is that of tests/planted/bugs.toml."""

import pathlib
import re
import sys
import tomllib

PROJECT = pathlib.Path(__file__).resolve().parents[1]
PAGE = (PROJECT / "docs" / "robustness.md").read_text()
MODEL = PROJECT / "tests" / "integration" / "model"


def methods():
    """Class.method of all integration tests, and the names of the unit tests' cases."""
    found = set()
    for path in (PROJECT / "tests" / "integration").glob("test_*.py"):
        for part in re.split(r"^class ", path.read_text(), flags=re.MULTILINE)[1:]:
            name = re.match(r"\w+", part).group()
            found.add(name)
            found.update(f"{name}.{method}" for method in re.findall(r"^    def (test_\w+)", part, re.MULTILINE))
    for path in (PROJECT / "tests" / "unit").glob("test_*.c"):
        found.update(re.findall(r"^static void (test_\w+)\(", path.read_text(), re.MULTILINE))
    return found


def kinds():
    """Names of the faults, as they stand in the texts."""
    hub = (MODEL / "hub_faults.py").read_text()
    orders = re.search(r"^ORDERS = \{(.*?)^\}", hub, re.MULTILINE | re.DOTALL).group(1)
    quirks = re.search(r"^QUIRKS = \{(.*?)^\}", hub, re.MULTILINE | re.DOTALL).group(1)
    others = hub[hub.index("def kinds") :]
    found = re.findall(r'^    "([^"]+)":', orders + quirks, re.MULTILINE) + re.findall(r'\("([^"]+)", lambda', others)
    api = (MODEL / "api_faults.py").read_text()
    found += re.findall(r'^    "(API[^"]+)":', api, re.MULTILINE) + re.findall(r'\("([^"]+)", lambda', api)
    processes = (MODEL / "process_faults.py").read_text()
    found += re.findall(r'\("([^"]+)",\s+lambda', processes)
    found += [f"connector killed {when} a {what} took effect" for when in ("before", "after") for what in ("write", "delete", "list")]
    return found


def planted():
    with open(PROJECT / "tests" / "planted" / "bugs.toml", "rb") as table:
        return [bug["name"] for bug in tomllib.load(table)["bug"]]


def main():
    wrong = []
    there = methods()
    for name in re.findall(r"`([A-Z]\w+(?:\.test_\w+)?|test_\w+)`", PAGE):
        if name not in there and (".test_" in name or name.startswith("test_")):
            wrong.append(f"there is no test {name}")
    wrong += [f"it does not name the fault {kind!r}" for kind in kinds() if f"`{kind}`" not in PAGE]
    table = PAGE.split("## Planted bugs", 1)[1].split("\n## ", 1)[0]
    listed = re.findall(r"^\| `([a-z0-9-]+)` \|", table, re.MULTILINE)
    if sorted(listed) != sorted(planted()):
        wrong.append(f"the planted bugs differ: {sorted(set(listed) ^ set(planted()))}")
    for text in wrong:
        print(f"docs/robustness.md: {text}")
    return 1 if wrong else 0


sys.exit(main())
