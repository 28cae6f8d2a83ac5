#!/bin/bash
# lint.sh: what a compiler does not see. Formatting, the arrows between the rooms (HACKING.md), words that were agreed not to be
# used, syntax of the scripts.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
complain() { echo "lint: $*"; status=1; }

# Which rooms a room may include headers of, besides its own.
declare -A arrows=(
  [common]="" [http]="common" [certs]="common"
  [kube]="http common" [iothub]="http common"
  [translate]="common" [sync]="common"
  [server]="translate sync kube iothub certs http common"
  [virtual_node]="kube http common"
  [cli]="translate sync kube iothub http common"
  [emulator]="certs http common"
)
for room in "${!arrows[@]}"; do
  while IFS=: read -r file line include; do
    target=${include#*\"}; target=${target%%/*}
    [[ " $room ${arrows[$room]} " == *" $target "* ]] ||
      complain "$file:$line: $room may not use $target"
  done < <(grep -nHE '^#include "[a-z_]+/' "$room"/*.[ch] 2>/dev/null)
done

# translate and sync are pure.
while IFS= read -r hit; do complain "$hit: no I/O, clock or thread in a pure room"; done < <(
  grep -nHE '^#include <(pthread|sys/socket|fcntl|curl|microhttpd|poll|sys/stat)|"common/(log|file|clock)\.h"|\b(fopen|time|clock_gettime|getenv|printf)\(' \
    translate/*.[ch] sync/*.[ch] 2>/dev/null | grep -v 'translate/module_state.c.*clock.h')

# cJSON's own getters ignore case; its pointer library is not safe.
while IFS= read -r hit; do complain "$hit: use common/json.h"; done < <(
  grep -nHE 'cJSON_GetObjectItem\(|cJSON_HasObjectItem|cJSON_Utils|cJSON_GetErrorPtr' ./*/*.[ch] 2>/dev/null)

while IFS= read -r hit; do complain "$hit: say why it waits, or do it"; done < <(
  grep -nHE '\b(TODO|FIXME|XXX)\b' ./*/*.[ch] tests/*/*.py 2>/dev/null)

python3 tests/planted/plant.py check --apply-only >/dev/null || complain "$(python3 tests/planted/plant.py check --apply-only)"
python3 tests/robustness.py >/dev/null || complain "$(python3 tests/robustness.py)"

files=$(git ls-files '*.c' '*.h')
# shellcheck disable=SC2086
unformatted=$(clang-format --dry-run $files 2>&1 | sed -nE 's/^([^ :]+\.[ch]):[0-9]+:.*/\1/p' | sort -u)
[ -z "$unformatted" ] || complain "not formatted (make format): $(echo $unformatted)"

for script in $(git ls-files '*.sh' .ci/run); do
  case $(head -n 1 "$script") in *bash*) bash -n "$script" ;; *) sh -n "$script" ;; esac || complain "$script does not parse"
done
for script in $(git ls-files '*.py'); do
  python3 -c 'import ast,sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$script" || complain "$script does not parse"
done

[ $status = 0 ] && echo "lint: clean"
exit $status
