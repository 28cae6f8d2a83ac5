#!/bin/bash
# run.sh [--unit-only] BUILD: runs every unit test program of that build folder and the integration tests, and says at the end
# how many passed. A piece that is missing is a failure.
set -uo pipefail
cd "$(dirname "$0")/.."
unit_only=
[ "${1:-}" = --unit-only ] && { unit_only=1; shift; }
build=${1:?the build folder}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}
log=$build/tests/log
mkdir -p "$log"

programs=0 cases=0 failed=()
for source in tests/unit/test_*.c; do
  name=$(basename "$source" .c)
  programs=$((programs + 1))
  if [ ! -x "$build/tests/unit/$name" ]; then
    echo "FAIL $name: $build/tests/unit/$name was not built"
    failed+=("$name")
    continue
  fi
  if "$build/tests/unit/$name" >"$log/$name.log" 2>&1; then
    count=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log/$name.log" | paste -sd+ | sed 's/^$/0/')
    count=$((count))
    cases=$((cases + count))
    echo "ok   $name: $count cases"
    if [ "$count" = 0 ]; then failed+=("$name"); echo "FAIL $name: it ran no case"; fi
  else
    failed+=("$name")
    echo "FAIL $name: the end of $log/$name.log:"
    tail -n 30 "$log/$name.log" | sed 's/^/     /'
  fi
done
echo "unit: $cases cases in $programs programs, ${#failed[@]} programs failed${failed[*]:+: ${failed[*]}}"
status=$((${#failed[@]} > 0))

if [ -z "$unit_only" ]; then
  python3 tests/planted/plant.py check || status=1
  python3 tests/integration/run.py --build "$build" || status=1
fi
[ $status = 0 ] && echo "All tests passed." || echo "Some tests FAILED."
exit $status
