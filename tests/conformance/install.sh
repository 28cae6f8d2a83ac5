#!/bin/bash
# install.sh FOLDER: brings the official IoT Hub clients into FOLDER/python, FOLDER/node and FOLDER/java, each in the version
# that python/requirements.txt, node/package-lock.json or java/pom.xml names. What is there already is left alone.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
project=$(cd "$here/../.." && pwd -P)
mkdir -p "${1:?the folder to install into}"
folder=$(cd "$1" && pwd -P)
readonly copy_dependencies=org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies

say() { echo "conformance: $*"; }

# Runs a command with its output in a log, whose end is shown when it fails.
logged() {
  local log=$folder/$1.log
  shift
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    say "this failed: $*; all of its output is in $log" >&2
    exit 1
  fi
}

# Debian's packages, for those of the tools that this machine has from nowhere else.
tools_install() {
  local packages=()
  python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3 python3-venv)
  command -v node >/dev/null || packages+=(nodejs)
  command -v npm >/dev/null || packages+=(npm)
  command -v javac >/dev/null || packages+=(default-jdk-headless)
  command -v mvn >/dev/null || packages+=(maven)
  [ ${#packages[@]} = 0 ] || "$project/setup.sh" "${packages[@]}"
}

# is_current CLIENT FILE...: whether that client was installed by these files, into this folder.
is_current() {
  [ "$(cat "$folder/$1/installed" 2>/dev/null)" = "$(state "$@")" ]
}

state() {
  echo "$folder"
  cd "$here/$1" && sha256sum "${@:2}"
}

python_install() {
  is_current python requirements.txt && return
  say "installing Microsoft's Python clients: 11 MB to download, 80 MB of disk, about 20 seconds"
  rm -rf "$folder/python"
  logged python python3 -m venv "$folder/python"
  logged python "$folder/python/bin/pip" install --disable-pip-version-check -r "$here/python/requirements.txt"
  state python requirements.txt >"$folder/python/installed"
}

node_install() {
  is_current node package.json package-lock.json && return
  say "installing Microsoft's Node client: 13 MB to download, 70 MB of disk, about 20 seconds"
  rm -rf "$folder/node"
  mkdir "$folder/node"
  cp "$here/node/package.json" "$here/node/package-lock.json" "$folder/node"
  logged node npm --prefix "$folder/node" ci --ignore-scripts --no-audit --no-fund
  state node package.json package-lock.json >"$folder/node/installed"
}

# Java has a list of CAs of its own. Maven is to believe in those that the machine's other programs believe in.
java_trust() {
  local bundle=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
  [ -r "$bundle" ] || return 0
  logged trust java "$here/java/TrustStore.java" "$bundle" "$folder/java/trust.p12"
  export MAVEN_OPTS="${MAVEN_OPTS:-} -Djavax.net.ssl.trustStore=$folder/java/trust.p12 -Djavax.net.ssl.trustStorePassword=changeit"
}

# Maven's own repository is needed once only.
java_install() {
  is_current java pom.xml && return
  say "installing Microsoft's Java client: 40 MB to download, 18 MB of disk, about 30 seconds"
  rm -rf "$folder/java"
  mkdir "$folder/java"
  java_trust
  logged java mvn --batch-mode --file "$here/java/pom.xml" "-Dmaven.repo.local=$folder/java/repository" "$copy_dependencies" \
    -DincludeScope=runtime "-DoutputDirectory=$folder/java/jars"
  rm -rf "$folder/java/repository"
  state java pom.xml >"$folder/java/installed"
}

exec 9>"$folder/lock"
until flock -w 5 9; do say "waiting for another installation of the clients"; done
tools_install
python_install
node_install
java_install
