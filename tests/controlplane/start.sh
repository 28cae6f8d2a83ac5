#!/usr/bin/env bash
# start.sh DIR: starts a Kubernetes control plane in folder DIR and waits until it can be used: see README.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
[[ $# -eq 1 ]] || { sed -n '2s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2; }
program=${CONTROLPLANE:-$(cd "$here/../.." && pwd -P)/build/controlplane/controlplane}
deadline=$((SECONDS + ${CONTROLPLANE_START_SECONDS:-120}))

say() { echo "controlplane: $*"; }
refuse() { say "$*" >&2; exit 1; }

[[ -x $program ]] || refuse "$program is not there; tests/controlplane/build.sh makes it"
program=$(realpath "$program")

# Keys and tokens are in there.
umask 077
mkdir -p "$1"
dir=$(cd "$1" && pwd -P)
# etcd's sockets are named relative to it: the name of a socket may not be long.
cd "$dir"
mkdir -p data logs pids pki
# shellcheck source=processes.sh
source "$here/processes.sh"

exec 9>lock
flock -n 9 || refuse "another start.sh is at work in $dir"
for name in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  if component_pid "$name" >/dev/null; then refuse "$name already runs in $dir; stop.sh stops it"; fi
done

reason=interrupted
fail() { reason=$*; exit 1; }

clean_up() {
  local status=$? log
  if ((status != 0)); then
    for log in logs/*.log; do
      if [[ -s $log ]]; then echo "==> $dir/$log"; tail -n 15 "$log" | cut -c 1-400; fi
    done >&2
    "$here/stop.sh" "$dir"
    say "the control plane in $dir did not start: $reason" >&2
  fi
}
trap clean_up EXIT

# A signal between a component's start and the note of its id would leave it behind; it is heeded a moment later.
starting=
signal=
on_signal() {
  signal=$1
  [[ -n $starting ]] || exit "$signal"
}
trap 'on_signal 130' INT
trap 'on_signal 143' TERM HUP

# Starts a component that outlives this shell and holds nothing of it: no terminal, no output, no lock of the caller's.
start() {
  local name=$1 fd
  shift
  starting=$name
  (
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      if ((fd > 2 && fd != 255)); then eval "exec $fd>&-"; fi
    done
    exec setsid "$program" "$name" "$@"
  ) </dev/null >"logs/$name.log" 2>&1 &
  disown
  process_started $! >"pids/$name.started" || true
  echo $! >"pids/$name"
  starting=
  [[ -z $signal ]] || exit "$signal"
}

# Waits until a command succeeds. Fails at once, with 1, when a component that was started is no longer there.
wait_until() {
  local what=$1 said=$SECONDS name
  shift
  say "waiting for $what"
  while :; do
    for name in pids/*.started; do
      name=$(basename "$name" .started)
      component_pid "$name" >/dev/null || { gone=$name; return 1; }
    done
    if "$@" >/dev/null 2>&1; then return; fi
    ((SECONDS < deadline)) || fail "$what: not within ${CONTROLPLANE_START_SECONDS:-120} s"
    if ((SECONDS - said >= 5)); then
      said=$SECONDS
      say "still waiting for $what"
    fi
    sleep 0.1
  done
}

get() { timeout 5 "$program" kubectl --kubeconfig kubeconfig get --raw "$1"; }

random_hex() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# kubeconfig FILE USER: for the API server at $port, with USER's token.
kubeconfig() {
  local token
  token=$(awk -F, -v user="$2" '$2 == user { print $1 }' tokens.csv)
  cat >"$1.new" <<EOF
apiVersion: v1
kind: Config
current-context: controlplane
contexts:
- name: controlplane
  context: {cluster: controlplane, user: "$2"}
clusters:
- name: controlplane
  cluster:
    server: https://127.0.0.1:$port
    certificate-authority-data: $(base64 -w 0 pki/ca.crt)
users:
- name: "$2"
  user: {token: $token}
EOF
  mv "$1.new" "$1"
}

write_kubeconfigs() {
  kubeconfig kubeconfig admin
  kubeconfig kubeconfig-connector connector
  kubeconfig kubeconfig-virtual-node virtual-node
  kubeconfig pki/kubeconfig-controller-manager system:kube-controller-manager
  kubeconfig pki/kubeconfig-scheduler system:kube-scheduler
}

# Below the range from which the kernel takes ports for outgoing connections.
pick_port() {
  local i
  for ((i = 0; i < 50; i++)); do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
  done
  fail "found no free port"
}

start_etcd() {
  cat >etcd.yaml <<EOF
name: controlplane
data-dir: data/etcd
# No port to race for, and nobody else on the machine can write to it.
listen-client-urls: unix://etcd.sock
listen-peer-urls: unix://etcd-peer.sock
# What is advertised may not be a socket; with one member, nobody goes there.
advertise-client-urls: http://127.0.0.1:1
initial-advertise-peer-urls: http://127.0.0.1:1
initial-cluster: controlplane=http://127.0.0.1:1
# It has no peers to wait for, and nothing here must survive a power cut.
heartbeat-interval: 20
election-timeout: 100
unsafe-no-fsync: true
snapshot-count: 1000
enable-grpc-gateway: false
logger: zap
log-level: warn
log-outputs: [stderr]
EOF
  rm -f etcd.sock etcd-peer.sock
  start etcd --config-file etcd.yaml
  wait_until "etcd" grep -q 'etcd is ready' logs/etcd.log || fail "$gone ended by itself"
}

# Starts the API server on $port; where another program took the port in the meantime, on another one.
start_api_server() {
  local attempt flags
  # The caller's flags are words without quotes, as in CFLAGS.
  read -r -a flags <<<"${CONTROLPLANE_APISERVER_FLAGS:-}"
  for ((attempt = 0; attempt < 5; attempt++)); do
    write_kubeconfigs
    start kube-apiserver \
      --etcd-servers=unix://etcd.sock \
      --bind-address=127.0.0.1 --secure-port="$port" \
      --advertise-address=127.0.0.1 --endpoint-reconciler-type=none \
      --tls-cert-file=pki/apiserver.crt --tls-private-key-file=pki/apiserver.key \
      --client-ca-file=pki/ca.crt --token-auth-file=tokens.csv \
      --authorization-mode=Node,RBAC --anonymous-auth=true \
      --service-account-issuer=https://kubernetes.default.svc \
      --service-account-key-file=pki/service-account.key \
      --service-account-signing-key-file=pki/service-account.key \
      --service-cluster-ip-range=10.0.0.0/24 \
      --kubelet-client-certificate=pki/kubelet-client.crt --kubelet-client-key=pki/kubelet-client.key \
      --kubelet-preferred-address-types=InternalIP \
      --allow-privileged=true --profiling=false \
      ${flags[@]+"${flags[@]}"}
    if wait_until "the API server on https://127.0.0.1:$port (logs in $dir/logs)" get /readyz; then return; fi
    if [[ $gone != kube-apiserver ]] || ! grep -q 'address already in use' logs/kube-apiserver.log; then break; fi
    say "port $port was taken by another program; trying another"
    pick_port
  done
  fail "$gone ended by itself"
}

# Paths that the controller manager would otherwise make on the machine are kept in here, and its own brake on requests,
# which makes its start take 4 s longer, is loosened.
start_controllers() {
  start kube-controller-manager \
    --kubeconfig=pki/kubeconfig-controller-manager --leader-elect=false --secure-port=0 \
    --use-service-account-credentials \
    --service-account-private-key-file=pki/service-account.key --root-ca-file=pki/ca.crt \
    --cluster-signing-cert-file=pki/ca.crt --cluster-signing-key-file=pki/ca.key \
    --flex-volume-plugin-dir=data/flexvolume --kube-api-qps=200 --kube-api-burst=400 --profiling=false
  start kube-scheduler \
    --kubeconfig=pki/kubeconfig-scheduler --leader-elect=false --secure-port=0 --profiling=false
  wait_until "the default namespace and its ServiceAccount" default_account || fail "$gone ended by itself"
}

default_account() { get /api/v1/namespaces/default && get /api/v1/namespaces/default/serviceaccounts/default; }

rm -f pids/* logs/*.log
[[ -s pki/service-account.key ]] || "$program" pki pki
if [[ ! -s tokens.csv ]]; then
  cat >tokens.csv.new <<EOF
$(random_hex),admin,admin,system:masters
$(random_hex),connector,connector
$(random_hex),virtual-node,virtual-node
$(random_hex),system:kube-controller-manager,system:kube-controller-manager
$(random_hex),system:kube-scheduler,system:kube-scheduler
EOF
  mv tokens.csv.new tokens.csv
fi
# After a stop.sh the same address again, if it is free, so that what talks to this control plane finds it.
port=
if [[ -s port ]]; then port=$(<port); else pick_port; fi

start_etcd
start_api_server
echo "$port" >port
start_controllers
say "ready after $SECONDS s: export KUBECONFIG=$dir/kubeconfig"
