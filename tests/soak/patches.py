#!/usr/bin/env python3
"""Applies the patches of generated reviews with the `jsonpatch` package, which is an implementation of RFC 6902 that is not ours.

usage: test_translate_generated --print COUNT | patches.py
"""
import json
import sys

import jsonpatch


def main():
    count = changed = 0
    for line in sys.stdin:
        review = json.loads(line)
        outcome = jsonpatch.apply_patch(review["object"], review["patch"])
        if outcome != review["outcome"]:
            sys.exit(f"review {count}: the patch gives another object: {json.dumps(review['patch'])}")
        if jsonpatch.apply_patch(outcome, []) != outcome:
            sys.exit(f"review {count}: the outcome is no object")
        count += 1
        changed += bool(review["patch"])
    if not count or not changed:
        sys.exit("no reviews were read, or none was patched")
    print(f"{count} reviews, {changed} of them patched: all outcomes are equal")


main()
