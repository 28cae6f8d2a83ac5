#!/bin/bash
# The walk-through, from an empty cluster to three devices and back: see README.md. `make demo` runs it.
# DEMO=once ends by itself; DEMO_VALGRIND=1 runs the connector under valgrind.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD/demo state=$PWD/build/demo build=$PWD/build
mkdir -p "$state"

exec 9>"$state/lock"
if ! flock -n 9; then
  echo "A demo is running already. '. build/demo/env' uses it, 'make demo-stop' ends it."
  exit 1
fi
find "$state" -mindepth 1 -maxdepth 1 ! -name lock -exec rm -rf {} +
echo $$ >"$state/pid"
mkdir -p "$state/log" "$state/work"

# --- telling --------------------------------------------------------------------------------------------------------------

begun=$(date +%s)
say() { printf '\n\033[1m[%3d s] %s\033[0m\n' $(($(date +%s) - begun)) "$*"; }
show() { echo "  \$ $*"; "$@" 2>&1 | sed 's/^/    /'; }
fail() {
  echo "demo: $*" >&2
  tail -n 15 "$state"/log/*.log >&2
  exit 1
}

# wait_for WHAT SECONDS COMMAND...: until the command succeeds; says that it waits.
wait_for() {
  local what=$1 until=$(($(date +%s) + $2)) told
  told=$(date +%s)
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$until" ] || fail "waited in vain for: $what"
    for part in connector node emulator; do
      [ ! -s "$state/$part.pid" ] || kill -0 "$(cat "$state/$part.pid")" 2>/dev/null || fail "the $part has ended by itself"
    done
    if [ $(($(date +%s) - told)) -ge 5 ]; then
      echo "    waiting for: $what"
      told=$(date +%s)
    fi
    sleep 0.2
  done
}

# --- starting and stopping ------------------------------------------------------------------------------------------------

start() { # NAME COMMAND...
  local name=$1
  shift
  setsid "$@" >"$state/log/$name.log" 2>&1 9>&- &
  echo $! >"$state/$name.pid"
}

stop_all() {
  trap '' INT TERM HUP
  "$here/stop.sh" --parts
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

hub() { python3 "$here/hub.py" "$@"; }
free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
export PATH=$build:$build/controlplane/bin:$PATH KUBECONFIG=$state/cluster/kubeconfig IOTHUB_FOLDER=$state/hub

say "A Kubernetes control plane: etcd, kube-apiserver, kube-controller-manager, kube-scheduler"
tests/controlplane/start.sh "$state/cluster" 9>&- | sed 's/^/    /'

say "An IoT Hub with three devices: device01 and device03 have the tag testtag=A, device02 has B"
mkdir -p "$state/hub"
start emulator iothub-emulator --folder "$state/hub" --fleet "$here/fleet.yaml" --port 0 --admin-port 0 \
  --ready-file "$state/hub/ready" --evaluation-period 1s --first-evaluation 300ms --pull-delay 500ms --units 20
wait_for "the emulator" 20 test -s "$state/hub/ready"
hub devices

say "The connector and its virtual node"
webhook_port=$(free_port) health_port=$(free_port)
cat >"$state/config.yaml" <<EOF
kubeconfig: $KUBECONFIG
hubs:
- name: hub0
  connectionStringFile: $state/hub/connection-string
  caFile: $state/hub/ca.crt
  units: 20
webhook:
  address: 127.0.0.1
  port: $webhook_port
  certificate: $state/certs/tls.crt
  key: $state/certs/tls.key
  drain: 0s
health:
  address: 127.0.0.1
  port: $health_port
sync:
  settle: 1s
  resync: 10s
  evaluationPoll: 1s
  status: 1s
EOF
cat >"$state/env" <<EOF
export KUBECONFIG=$KUBECONFIG
export PATH=$build:$build/controlplane/bin:\$PATH
export IOTHUB_FOLDER=$state/hub
EOF
show iot-edge-connector certs --folder "$state/certs" --name localhost --name 127.0.0.1
valgrind=()
[ -z "${DEMO_VALGRIND:-}" ] || valgrind=(valgrind --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99
  --show-leak-kinds=definite,indirect,possible)
start connector "${valgrind[@]}" "$build/iot-edge-connector" --config "$state/config.yaml"
start node iot-edge-virtual-node --config "$state/config.yaml"
webhook_answers() { python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)' "http://127.0.0.1:$health_port/readyz"; }
wait_for "the connector's /readyz" 60 webhook_answers
show iot-edge-connector register --url "https://127.0.0.1:$webhook_port" --ca "$state/certs/ca.crt"

say "The hub is a node of the cluster"
node_is() { [ "$(kubectl get node iot-edge-connector-hub0 -o "jsonpath=$1")" = "$2" ]; }
wait_for "node iot-edge-connector-hub0 to be Ready" 30 node_is '{.status.conditions[?(@.type=="Ready")].status}' True
show kubectl get node
show kubectl get node iot-edge-connector-hub0 -o 'jsonpath={range .spec.taints[*]}{.key}={.value}:{.effect}{"\n"}{end}'

say "A spec with four mistakes is refused, and each mistake is named"
if kubectl apply -f "$here/bad.yaml" >"$state/work/refused" 2>&1; then fail "the bad spec was accepted"; fi
echo "  \$ kubectl apply -f demo/bad.yaml"
fold -s -w 110 "$state/work/refused" | sed -E 's/^(The|\*)/    &/; t; s/^/      /'
diff "$here/bad.expected" "$state/work/refused" >&2 || fail "kubectl printed something else than demo/bad.expected"

say "A good one is applied; device03 is held back, so the rollout waits"
hub hold device03
show kubectl apply -f manifests/samples/sample01.yaml
kubectl rollout status deployment/sampledeploy01 --timeout=60s >"$state/work/rollout" 2>&1 9>&- &
rollout=$!
modules_are() { [ "$(hub modules "$1")" = "$2" ]; }
wait_for "device01 to run 4 modules" 30 modules_are device01 'edgeAgent edgeHub module01 module02'
message_says() { kubectl get pods -l "app=$1" -o 'jsonpath={.items[*].status.message}' | grep -q "$2"; }
wait_for "the pod to tell of the device that is missing" 30 message_says sampleapp01 '1 succeeded'
show kubectl get pods -l app=sampleapp01
show kubectl get pods -l app=sampleapp01 -o 'jsonpath={.items[*].status.message}{"\n"}'
kill -0 "$rollout" 2>/dev/null || fail "the rollout did not wait for device03"

say "device03 comes back, and the rollout is complete"
hub release device03
wait "$rollout" || fail "the rollout did not end well: $(cat "$state/work/rollout")"
sed 's/^/    /' "$state/work/rollout"
show kubectl get pods -l app=sampleapp01
hub devices
modules_are device03 'edgeAgent edgeHub module01 module02' || fail "device03 runs $(hub modules device03)"
modules_are device02 'edgeAgent edgeHub' || [ -z "$(hub modules device02)" ] || fail "device02 runs $(hub modules device02)"

say "A second apply changes nothing"
show kubectl apply -f manifests/samples/sample01.yaml
kubectl apply -f manifests/samples/sample01.yaml | grep -qv unchanged && fail "the second apply changed something"

say "A new image for module01, another route, and a third module: the devices follow"
before=$(hub configurations)
show kubectl patch configmap edgehub --type merge --patch-file demo/another-route.yaml
show kubectl patch deployment sampledeploy01 --patch-file demo/third-module.yaml
show kubectl rollout status deployment/sampledeploy01 --timeout=60s
hub_has_only_new() { [ "$(hub configurations | wc -l)" = 1 ] && [ "$(hub configurations)" != "$before" ]; }
wait_for "the old configuration to be deleted" 30 hub_has_only_new
hub devices
modules_are device01 'edgeAgent edgeHub module01 module02 module03' || fail "device01 runs $(hub modules device01)"
echo "    moments in which a targeted device had no configuration: $(hub gaps)"
[ "$(hub gaps)" = 0 ] || fail "a device was without a configuration"

say "Two replicas want two hubs; there is one, so the second pod stays Pending, and nothing happens on the hub"
show kubectl scale deployment sampledeploy01 --replicas=2
pending_pod() { kubectl get pods -l app=sampleapp01 --field-selector status.phase=Pending -o name | grep .; }
wait_for "the second pod" 30 pending_pod
second=$(pending_pod)
refusals=(kubectl get events --field-selector "reason=FailedScheduling,involvedObject.name=${second#*/}")
unschedulable() { "${refusals[@]}" -o name | grep -q .; }
wait_for "the scheduler's FailedScheduling" 30 unschedulable
show kubectl get pods -l app=sampleapp01
# Its first sentence; the others are about preemption.
echo "    the second pod's Event: FailedScheduling: $("${refusals[@]}" -o 'jsonpath={.items[-1:].message}' | sed 's/\. .*//')"
[ "$(hub configurations | wc -l)" = 1 ] || fail "there are more configurations than hubs"
show kubectl scale deployment sampledeploy01 --replicas=1

say "The second sample goes to device02"
show kubectl apply -f manifests/samples/sample02.yaml
show kubectl rollout status deployment/sampledeploy02 --timeout=60s
hub devices
modules_are device02 'edgeAgent edgeHub keyphrase' || fail "device02 runs $(hub modules device02)"

hub_is_clean() { [ -z "$(hub configurations)" ]; }
clean_up() {
  say "Everything is deleted, and the hub is clean"
  show kubectl delete -f manifests/samples/sample01.yaml -f manifests/samples/sample02.yaml
  wait_for "the hub to be clean" 30 hub_is_clean
  no_pods() { [ -z "$(kubectl get pods -o name)" ]; }
  wait_for "the pods to be gone" 30 no_pods
  echo "    configurations on the hub: none"
}

clean_up
if [ "${DEMO:-}" = once ]; then
  if [ -n "${DEMO_VALGRIND:-}" ]; then
    say "The connector under valgrind ends"
    connector=$(cat "$state/connector.pid")
    kill -TERM "$connector"
    status=0
    wait "$connector" || status=$?
    grep -E 'ERROR SUMMARY|definitely|indirectly|possibly' "$state/log/connector.log" | sed 's/^/    /'
    [ $status = 0 ] || fail "valgrind found something (status $status)"
  fi
  say "That was all."
  exit 0
fi

show kubectl apply -f manifests/samples/sample01.yaml
say "It stays up. In another terminal:"
cat <<EOF
    . build/demo/env
    kubectl get pods -o wide -w                                                # devices' truth
    kubectl set image deployment/sampledeploy01 module02=example/module:2.0    # and watch it follow
    kubectl iotedge translate -f manifests/samples/sample01.yaml               # what IoT Hub gets
  The hub and its devices, live: $(hub page)
  Ctrl-C here, or 'make demo-stop', ends everything. Logs are in build/demo/log.
EOF
trap 'exit 0' INT TERM # to be ended is what it waits for
start sleeper sleep infinity
wait
