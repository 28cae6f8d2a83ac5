#!/usr/bin/env python3
"""plant.py list | check [--apply-only] | build NAME: bugs of bugs.toml in copies of the sources, which stay as they are.

check   each bug's text stands exactly once, and what comes of it compiles
build   the programs with that bug in build/planted/NAME; what was compiled in build/ is used where nothing has changed"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PLANTED = PROJECT / "build" / "planted"
ROOMS = re.findall(r"^(?:LIBRARIES|PROGRAM_ROOMS) *:= *(.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
SOURCES = [*" ".join(ROOMS).split(), "manifests", "Makefile"]


def bugs():
    with open(PROJECT / "tests" / "planted" / "bugs.toml", "rb") as table:
        found = tomllib.load(table)["bug"]
    names = [bug["name"] for bug in found]
    if len(set(names)) != len(names):
        sys.exit("planted: two bugs have one name")
    return found


def planted_text(bug):
    """The file's text with the bug in it."""
    text = (PROJECT / bug["file"]).read_text()
    count = text.count(bug["find"])
    if count != 1 or bug["replace"] == bug["find"]:
        raise ValueError(f"planted: the text of {bug['name']} stands {count} times in {bug['file']}, not once")
    return text.replace(bug["find"], bug["replace"])


def copy_sources(folder):
    """With their times, so that what was compiled from them need not be compiled again."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in SOURCES:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy2
        copy(PROJECT / name, folder / name)


def make(folder, *targets):
    # Compilers warn of what a bug leaves unused.
    command = ["make", "-C", folder, "--no-print-directory", "-s", "-j2", "NO_WERROR=1", "BUILD=build", *targets]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def check(apply_only):
    wrong = []
    folder = PLANTED / "check"
    if not apply_only:
        copy_sources(folder)
    for bug in bugs():
        try:
            text = planted_text(bug)
        except ValueError as error:
            wrong.append(str(error))
            continue
        if apply_only:
            continue
        (folder / bug["file"]).write_text(text)
        done = make(folder, f"build/obj/{bug['file'].removesuffix('.c')}.o", "CFLAGS=-O0")
        if done.returncode:
            wrong.append(f"planted: {bug['name']} does not compile:\n{done.stderr}")
        shutil.copy(PROJECT / bug["file"], folder / bug["file"])
    for text in wrong:
        print(text)
    if not wrong:
        print(f"planted: {len(bugs())} bugs apply" + ("" if apply_only else " and compile"))
    return 1 if wrong else 0


def build(name):
    bug = next((bug for bug in bugs() if bug["name"] == name), None)
    if not bug:
        sys.exit(f"planted: there is no bug {name}; there are {', '.join(bug['name'] for bug in bugs())}")
    folder = PLANTED / name
    text = planted_text(bug)
    copy_sources(folder)
    for compiled in [PROJECT / "build" / "obj", *(PROJECT / "build").glob("lib*.a")]:
        if compiled.exists():
            copy = shutil.copytree if compiled.is_dir() else shutil.copy2
            copy(compiled, folder / "build" / compiled.name) if compiled.is_dir() else copy(compiled, folder / "build")
    (folder / bug["file"]).write_text(text)
    done = make(folder, "build")
    if done.returncode:
        sys.exit(f"planted: {name} does not build:\n{done.stdout}{done.stderr}")
    print(f"planted: {bug['what']} ({bug['file']}): {folder / 'build'}")
    return 0


def main():
    match sys.argv[1:]:
        case ["list"]:
            for bug in bugs():
                print(f"{bug['name']:34} {bug['what']}")
            return 0
        case ["check", *rest]:
            return check("--apply-only" in rest)
        case ["build", name]:
            return build(name)
    sys.exit(__doc__)


sys.exit(main())
