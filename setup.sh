#!/bin/bash
# setup.sh PACKAGE...: installs the Debian packages that are missing, after saying what, how much to download, how much disk
# and about how many minutes. `make` calls it; with everything there it prints nothing.
set -euo pipefail

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
[ "$(id -u)" = 0 ] || sudo=(sudo)

echo "Missing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
figures=$({ LC_ALL=C apt-get install --assume-no --no-install-recommends "${missing[@]}" 2>/dev/null || true; } |
  sed -n 's/^Need to get \(.*\) of archives\.$/\1 to download/p; s/^After this operation, \(.*\) of additional disk space will be used\.$/\1 of disk/p' |
  paste -sd, | sed 's/,/, /')
echo "Installing them with apt-get: ${figures:-nothing to download}, about 1 to 3 minutes."
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
