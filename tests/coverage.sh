#!/bin/bash
# coverage.sh BUILD: branches of translate/ that generated reviews alone take: file by file, the total, and a failure below 90 %.
# BUILD was made for gcov. All files of the room count, and all of their branches.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
least=90
find "$build" -name '*.gcda' -delete
"$build/tests/unit/test_translate_generated" "${COVERAGE_REVIEWS:-20000}" >/dev/null
for file in translate/*.c; do
  # A file without a branch, or of which nothing ran, is shown as such.
  gcov -n -b -o "$build/obj/translate" "$build/obj/$file" 2>/dev/null | grep -A 3 "^File '$file'" |
    sed -nE "s#^Taken at least once:([0-9.]+)% of ([0-9]+)#$file \1 \2#p" | grep . || echo "$file - 0"
done | awk -v least=$least '
  { taken += $2 * $3 / 100; all += $3; printf "%-36s %6s %% of %4d branches\n", $1, $2, $3 }
  END {
    total = taken * 100 / all
    printf "%-36s %6.2f %% of %4d branches\n", "translate/", total, all
    if (total < least) { printf "fewer than %d %%\n", least; exit 1 }
  }'
