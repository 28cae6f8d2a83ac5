#!/bin/bash
# run.sh [BUILD]: runs Microsoft's own IoT Hub clients against the emulator of that build folder and says, a line each, which of
# their calls are answered as a real hub would. With HUB=FILE, a file with a connection string, it runs them against that
# hub instead; README.md says what that does to the hub.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
project=$(cd "$here/../.." && pwd -P)
build=$(cd "$project" && mkdir -p "${1:-build}" && cd "${1:-build}" && pwd -P)
clients=$project/build/conformance
hub_file=${HUB:-}
readonly wait_seconds=30

say() { echo "conformance: $*"; }
fail() { say "$*" >&2; exit 1; }

# The first loopback address from 127.0.0.2 on whose port 443 is free: two of the clients take no other port.
free_address() {
  python3 - <<'PYTHON'
import errno, socket, sys
for last in range(2, 255):
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((f"127.0.0.{last}", 443))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            sys.exit(f"port 443: {error.strerror}")
    print(f"127.0.0.{last}")
    sys.exit()
sys.exit("port 443 is taken on all loopback addresses")
PYTHON
}

# In a network namespace of one's own every port may be bound; its loopback interface is down at first.
namespace_enter() {
  [ -z "${CONFORMANCE_NAMESPACE:-}" ] || fail "port 443 cannot be bound, not even in a network namespace"
  say "port 443 is not ours to bind here; going on in a network namespace"
  export CONFORMANCE_NAMESPACE=1 HUB=$hub_file
  exec unshare --user --map-root-user --net "$here/run.sh" "$build"
}

loopback_up() {
  python3 - <<'PYTHON'
import fcntl, socket, struct
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    fcntl.ioctl(one, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
PYTHON
}

# 250 devices: one for each client's writing checks, one offline, one that is no edge device.
fleet_write() {
  python3 - >"$folder/fleet.json" <<'PYTHON'
import json
named = [f"{client}-{number}" for client in ("python", "node", "java") for number in (1, 2)]
devices = [{"id": name, "tags": {"client": name.split("-")[0]}} for name in named]
devices += [{"id": "offline", "held": True}, {"id": "plain", "edge": False}]
devices += [{"id": f"device{number:03}", "tags": {"site": "north"}} for number in range(250 - len(devices))]
print(json.dumps({"devices": devices}))
PYTHON
}

emulator_start() {
  [ -x "$build/iothub-emulator" ] || fail "$build/iothub-emulator is missing; \`make build\` builds it"
  "$build/iothub-emulator" --folder "$folder" --address "$address" --host "$address" --port 443 --fleet "$folder/fleet.json" \
    --ready-file "$folder/ready" --evaluation-period 0s --pull-delay 0s --configuration-calls-per-minute 0 \
    --query-calls-per-minute 0 --log-level debug "$@" >>"$folder/emulator.log" 2>&1 8>&- &
  emulator=$!
  for ((i = 0; i < wait_seconds * 10; i++)); do
    [ ! -s "$folder/ready" ] || return 0
    kill -0 "$emulator" 2>/dev/null || break
    sleep 0.1
  done
  cat "$folder/emulator.log" >&2
  fail "the emulator did not start"
}

emulator_use() {
  HUB_CONNECTION_STRING=$(tr -d '\n' <"$folder/connection-string")
  export HUB_CONNECTION_STRING=${HUB_CONNECTION_STRING/:443;/;}
  HUB_ADMIN=http://127.0.0.1:$(sed 's/.*"adminPort":\([0-9]*\).*/\1/' "$folder/ready")
  export HUB_ADMIN HUB_PAUSE=0
  trust "$folder/ca.crt"
  identity_of_a_pod
}

# What a pod with workload identity finds in its environment; the emulator is its own authority.
identity_of_a_pod() {
  export AZURE_TENANT_ID=11111111-1111-1111-1111-111111111111 AZURE_CLIENT_ID=22222222-2222-2222-2222-222222222222
  export AZURE_AUTHORITY_HOST=https://$address/ AZURE_FEDERATED_TOKEN_FILE=$folder/service-account-token
  python3 - >"$AZURE_FEDERATED_TOKEN_FILE" <<'PYTHON'
import base64, json, time
def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
now = int(time.time())
claims = {"iss": "https://kubernetes.default.svc", "sub": "system:serviceaccount:default:iot-edge-connector",
          "aud": ["api://AzureADTokenExchange"], "iat": now, "nbf": now, "exp": now + 3600}
print(part({"alg": "RS256", "kid": "test"}), part(claims), "c2lnbmF0dXJl", sep=".", end="")
PYTHON
}

# trust FILE: makes the three clients believe in that CA.
trust() {
  export REQUESTS_CA_BUNDLE=$1 NODE_EXTRA_CA_CERTS=$1
  rm -f "$folder/trust.p12"
  keytool -importcert -noprompt -alias ca -file "$1" -keystore "$folder/trust.p12" -storetype PKCS12 -storepass changeit \
    >"$folder/keytool.log" 2>&1 || fail "keytool failed: $(cat "$folder/keytool.log")"
  java_trust=("-Djavax.net.ssl.trustStore=$folder/trust.p12" -Djavax.net.ssl.trustStorePassword=changeit)
}

# The calls that a hub of one unit allows are 20 a minute.
real_hub_use() {
  local whole='^HostName=([^;:]+);SharedAccessKeyName=[^;]+;SharedAccessKey=[^;]+$'
  HUB_CONNECTION_STRING=$(tr -d '\r\n' <"$hub_file") || fail "HUB: $hub_file cannot be read"
  [[ $HUB_CONNECTION_STRING =~ $whole ]] ||
    fail "HUB: $hub_file must hold HostName=…;SharedAccessKeyName=…;SharedAccessKey=…, the host without a port"
  export HUB_CONNECTION_STRING HUB_PAUSE=${HUB_PAUSE:-3.1}
  unset HUB_ADMIN
  [ -z "${HUB_CA:-}" ] || trust "$HUB_CA"
  say "running against ${BASH_REMATCH[1]}: configurations that begin with $HUB_PREFIX are made and deleted there, nothing else"
}

client_python() { PYTHONPATH=$here/python "$clients/python/bin/python" "$here/python/conformance.py"; }
client_immutable() { PYTHONPATH=$here/python "$clients/python/bin/python" "$here/python/immutable_content.py"; }
client_node() { NODE_PATH=$clients/node/node_modules node "$here/node/conformance.js"; }
client_java() { java "${java_trust[@]}" -cp "$clients/java/jars/*" "$here/java/Conformance.java" "$here/contents.json"; }

client_identity() {
  if [ -z "${AZURE_FEDERATED_TOKEN_FILE:-}" ]; then
    echo "skip identity: all checks: AZURE_FEDERATED_TOKEN_FILE is not set"
    return
  fi
  PYTHONPATH=$here/python "$clients/python/bin/python" "$here/python/workload_identity.py"
}

# One client's lines; what it says beside them goes to a log. A client that ends badly without a FAIL line gets one.
client_run() {
  local name=$1 status
  say "$2"
  "client_$name" 2>"$folder/$name.log" | tee "$folder/$name.txt"
  status=${PIPESTATUS[0]}
  if [ "$status" != 0 ] && ! grep -q '^FAIL' "$folder/$name.txt"; then
    echo "FAIL $name: it ended with status $status; the end of its log follows" | tee -a "$folder/$name.txt"
    tail -n 20 "$folder/$name.log"
  fi
  grep -Eq '^(ok|FAIL|skip) ' "$folder/$name.txt" || echo "FAIL $name: it made no check" | tee -a "$folder/$name.txt"
}

summary() {
  local passed failed skipped
  passed=$(cat "$folder"/*.txt | grep -c '^ok ')
  failed=$(cat "$folder"/*.txt | grep -c '^FAIL ')
  skipped=$(cat "$folder"/*.txt | grep -c '^skip ')
  if [ "$failed" != 0 ]; then
    if [ -n "$hub_file" ]; then say "the hub answers differently here:"; else say "the emulator answers differently here:"; fi
    cat "$folder"/*.txt | grep '^FAIL '
  fi
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ]
}

emulator_stop() {
  [ -n "${emulator:-}" ] || return 0
  kill "$emulator" 2>/dev/null
  wait "$emulator" 2>/dev/null
  emulator=
}

[ -z "$hub_file" ] || hub_file=$(realpath "$hub_file")
[ -n "${CONFORMANCE_NAMESPACE:-}" ] || "$here/install.sh" "$clients" || exit 1
[ -z "${CONFORMANCE_NAMESPACE:-}" ] || loopback_up
if [ -z "$hub_file" ]; then address=$(free_address) || namespace_enter; fi

mkdir -p "$build/tests"
exec 8>"$build/tests/conformance.lock"
until flock -w 5 8; do say "waiting for another run in $build"; done
folder=$build/tests/conformance
rm -rf "$folder"
mkdir -p "$folder"
trap emulator_stop EXIT
export CONFORMANCE_FOLDER=$folder HUB_PREFIX=conformance-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')-
java_trust=()
if [ -n "$hub_file" ]; then
  real_hub_use
else
  fleet_write
  emulator_start
  emulator_use
  say "the emulator is on $address:443, its log in $folder/emulator.log"
fi

client_run python "Python, azure-iot-hub 2.7.0"
client_run identity "Python, azure-identity 1.27.0"
client_run node "Node, azure-iothub 1.16.6"
client_run java "Java, iot-service-client 2.1.9"
if [ -z "$hub_file" ]; then
  emulator_stop
  rm "$folder/ready"
  emulator_start --immutable-content=refuse
  emulator_use
  client_run immutable "Python, azure-iot-hub 2.7.0, an emulator that refuses changed content"
fi
summary
