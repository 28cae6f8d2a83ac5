#!/usr/bin/env python3
"""hunt.py [NAME...]: plants each bug (all without a name) and runs the model-based test on it for up to ROUNDS rounds (200)
from SEED. Tells in which round it was caught and by what; ends with 1 when one was not."""

import os
import pathlib
import re
import subprocess
import sys
import tomllib

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PLANTED = PROJECT / "tests" / "planted"


def names():
    with open(PLANTED / "bugs.toml", "rb") as table:
        return [bug["name"] for bug in tomllib.load(table)["bug"]]


def hunt(name, rounds):
    """Whether it was caught."""
    subprocess.run([PLANTED / "plant.py", "build", name], check=True)
    build = PROJECT / "build" / "planted" / name / "build"
    log = PROJECT / "build" / "planted" / f"{name}.log"
    environment = {**os.environ, "ROUNDS": str(rounds)}
    with open(log, "w", encoding="utf-8") as out:
        command = [PROJECT / "tests" / "integration" / "run.py", "--build", build, "-k", "Model."]
        subprocess.run([sys.executable, *command], env=environment, stdout=out, stderr=out, check=False)
    text = log.read_text(errors="replace")
    found = re.search(r"^model: seed (\d+), different in round (\d+): (.*)", text, re.MULTILINE)
    if found:
        print(f"planted: {name} was caught in round {found[2]} (seed {found[1]}): {found[3][:300]}", flush=True)
    elif re.search(r"^model: seed \d+, \d+ rounds", text, re.MULTILINE):
        print(f"planted: {name} was NOT caught in {rounds} rounds; {log} has them", flush=True)
    else:
        print(f"planted: {name}: the rounds were broken off; {log} tells why", flush=True)
    return bool(found)


def main():
    rounds = int(os.environ.get("ROUNDS") or 200)
    wanted = sys.argv[1:] or names()
    caught = [name for name in wanted if hunt(name, rounds)]
    print(f"planted: {len(caught)} of {len(wanted)} caught within {rounds} rounds")
    return 0 if len(caught) == len(wanted) else 1


sys.exit(main())
