#!/usr/bin/env python3
"""corpus.py unpack FILE FOLDER: the inputs of a fuzz target, from one file to a folder of its own, as libFuzzer wants them.
corpus.py pack FOLDER FILE: the other way round, for a folder that `-merge=1` made.
A line is an input as a JSON string; a character of it is a byte."""
import hashlib
import json
import pathlib
import sys


def unpack(file, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for line in file.read_text(encoding="utf-8").splitlines():
        data = json.loads(line).encode("latin-1")
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def pack(folder, file):
    inputs = sorted((path.read_bytes() for path in folder.iterdir()), key=lambda data: (len(data), data))
    file.write_text("".join(json.dumps(data.decode("latin-1")) + "\n" for data in inputs), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("unpack", "pack"):
        sys.exit(__doc__)
    {"unpack": unpack, "pack": pack}[sys.argv[1]](pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
