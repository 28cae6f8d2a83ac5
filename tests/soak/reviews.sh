#!/bin/bash
# reviews.sh BUILD: a million generated reviews (SOAK_REVIEWS), and the patches of 20,000 applied by another program.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
"$build/tests/unit/test_translate_generated" "${SOAK_REVIEWS:-1000000}" "${SOAK_FIRST:-0}"
[ -x "$build/soak-venv/bin/python" ] || python3 -m venv "$build/soak-venv"
"$build/soak-venv/bin/python" -c 'import jsonpatch' 2>/dev/null ||
  "$build/soak-venv/bin/pip" install --quiet --disable-pip-version-check jsonpatch==1.33
"$build/tests/unit/test_translate_generated" --print "${SOAK_PATCHES:-20000}" |
  "$build/soak-venv/bin/python" tests/soak/patches.py
