#!/bin/bash
# stop.sh: ends a running demo and waits for its end. --parts: ends what the demo has started (the demo itself calls that).
set -uo pipefail
cd "$(dirname "$0")/.."
state=build/demo

alive() { kill -0 "$1" 2>/dev/null; }

end() { # PIDFILE: TERM, and KILL after 10 s
  [ -s "$1" ] || return 0
  local pid until
  pid=$(cat "$1")
  kill -TERM "$pid" 2>/dev/null
  until=$(($(date +%s) + 10))
  while alive "$pid" && [ "$(date +%s)" -lt $until ]; do sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null
  rm -f "$1"
}

parts() {
  for name in sleeper connector node emulator; do end "$state/$name.pid"; done
  if [ -d "$state/cluster" ]; then tests/controlplane/stop.sh "$state/cluster" >/dev/null; fi
}

if [ "${1:-}" = --parts ]; then
  parts
  exit 0
fi
if [ ! -s "$state/pid" ]; then
  echo "No demo is running."
  exit 0
fi
pid=$(cat "$state/pid")
if alive "$pid"; then
  kill -TERM "$pid"
  while alive "$pid"; do sleep 0.2; done
fi
parts # of a demo that was killed
rm -f "$state/pid"
echo "The demo has ended."
