#!/bin/bash
# setup.sh PACKAGE...: installs the Debian packages that are missing, after saying what, how much to download, how much disk
# and about how many minutes. `make` calls it; with everything there it prints nothing.
set -euo pipefail

# quietly WHAT COMMAND...: its output only when it fails, and a line every few seconds that it still runs.
quietly() {
  local what=$1 log started=$SECONDS said=$SECONDS pid
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.5
    if ((SECONDS - said >= 5)); then
      said=$SECONDS
      echo "    $what, $((SECONDS - started)) s so far"
    fi
  done
  if ! wait "$pid"; then
    tail -n 20 "$log" >&2
    echo "$what failed; all of its output is in $log" >&2
    exit 1
  fi
  rm -f "$log"
}

missing=()
for package in "$@"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "These packages are missing, and there is no apt-get to install them: ${missing[*]}" >&2
  exit 1
fi

sudo=()
[ "$(id -u)" = 0 ] || { sudo -v && sudo=(sudo); }

echo "Missing Debian packages: ${missing[*]}"
quietly "reading the package lists" "${sudo[@]}" apt-get update
figures=$({ "${sudo[@]}" env LC_ALL=C apt-get install --assume-no --no-install-recommends "${missing[@]}" 2>/dev/null || true; } |
  sed -n 's/^Need to get \(.*\) of archives\.$/\1 to download/p; s/^After this operation, \(.*\) of additional disk space will be used\.$/\1 of disk/p' |
  paste -sd, | sed 's/,/, /')
echo "Installing them with apt-get: ${figures:-nothing to download}, about 1 to 3 minutes."
quietly "installing" "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
