#!/bin/bash
# run.sh SECONDS [TARGET]...: runs fuzz targets that are built, all of them by default, that long each. What they find new is
# kept in build/fuzz/corpus; what makes one fail is left in build/fuzz. To keep what is new in the project:
#   build/fuzz/TARGET -merge=1 NEW build/fuzz/corpus/TARGET build/fuzz/seeds/TARGET
#   tests/fuzz/corpus.py pack NEW tests/fuzz/corpus/TARGET.jsonl
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:?seconds}
shift
targets=("$@")
[[ ${#targets[@]} -gt 0 ]] || for source in tests/fuzz/fuzz_*.c; do targets+=("$(basename "$source" .c)"); done

for target in "${targets[@]}"; do
  echo "$target"
  found=build/fuzz/corpus/$target seeds=build/fuzz/seeds/$target dictionary=tests/fuzz/corpus/$target.dict
  mkdir -p "$found"
  rm -rf "$seeds"
  tests/fuzz/corpus.py unpack "tests/fuzz/corpus/$target.jsonl" "$seeds"
  options=(-max_total_time="$seconds" -timeout=5 -print_final_stats=1 -artifact_prefix="build/fuzz/$target-")
  [[ -f $dictionary ]] && options+=(-dict="$dictionary")
  build/fuzz/"$target" "${options[@]}" "$found" "$seeds" 2>&1 | tail -n 12
done
