#!/usr/bin/env bash
# stop.sh DIR: stops what start.sh started in DIR. Does nothing when nothing runs. The data stays; start.sh continues with it.
set -euo pipefail

grace=10 # seconds for a component to stop by itself

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
[[ $# -eq 1 ]] || { sed -n '2s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2; }
dir=$(cd "$1" 2>/dev/null && pwd -P) || exit 0
# shellcheck source=processes.sh
source "$here/processes.sh"

stop() {
  local name pid deadline
  for name in "$@"; do
    if pid=$(component_pid "$name"); then kill -TERM "$pid" 2>/dev/null || true; fi
  done
  deadline=$((SECONDS + grace))
  for name in "$@"; do
    while pid=$(component_pid "$name"); do
      if ((SECONDS >= deadline)); then
        echo "controlplane: $name did not stop within $grace s, killed" >&2
        kill -KILL "$pid" 2>/dev/null || true
        deadline=$((SECONDS + grace))
      fi
      sleep 0.05
    done
    rm -f "$dir/pids/$name" "$dir/pids/$name.started"
  done
}

# A component that a test has left stopped hears of no other signal, and the others may wait for it.
for name in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  if pid=$(component_pid "$name"); then kill -CONT "$pid" 2>/dev/null || true; fi
done
stop kube-scheduler kube-controller-manager
# An API server whose etcd is gone may never exit.
component_pid etcd >/dev/null || grace=0
stop kube-apiserver
stop etcd
