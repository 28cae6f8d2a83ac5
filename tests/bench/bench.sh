#!/bin/sh
# Measures the webhook against its peers and writes the table to BUILD/bench.txt.
# usage: tests/bench/bench.sh [BUILD]
#
#   BENCH_SCENARIOS=ka16,…  what is measured (see the peers' README)
#   BENCH_ONLY=…            against whom
#   BENCH_ROUNDS=5          of how many rounds the median is taken
#   PEERS=folder            where the peers and their harness are
#   PEERS_BUILD=folder      where they are built
#
# The peers are measuring equipment that lives outside of this repository: without it there is nothing to compare with.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$top" && cd "${1:-build}" && pwd)
peers=${PEERS:-$top/../shared/peers}
PEERS_BUILD=${PEERS_BUILD:-/tmp/peers-build}
export PEERS_BUILD
scenarios=${BENCH_SCENARIOS:-ka16,fresh-go,bad,plain,defaults,big,huge}
only=${BENCH_ONLY:-subject,go-controller-runtime,rust-axum}
rounds=${BENCH_ROUNDS:-5}
program=$build/iot-edge-connector
table=$build/bench.txt
arguments='webhook --address 127.0.0.1 --port {port} --certificate {cert} --key {key} --drain 0s'

if [ ! -x "$peers/compare.sh" ]; then
    echo "bench: the peers to compare with are not at $peers; nothing was measured (PEERS=folder says where they are)"
    exit 0
fi
if [ ! -x "$PEERS_BUILD/bin/rust-axum" ] || [ ! -x "$PEERS_BUILD/bin/load" ]; then
    echo "bench: building the peers into $PEERS_BUILD (Go, Rust and C, about 3 minutes; the output goes to $build/peers.log)"
    if ! "$peers/build.sh" >"$build/peers.log" 2>&1; then
        tail -20 "$build/peers.log"
        echo "bench: building the peers failed; their README says what they need" >&2
        exit 1
    fi
fi

# The peers' requests, adapted for everyone alike; requests.py says in what.
folders=$build/bench
python3 "$top/tests/bench/requests.py" "$program" "$PEERS_BUILD" "$folders"

{
    echo "iot-edge-connector: $("$program" --version), $(date -u +%Y-%m-%d)"
    echo "machine: $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(uname -sr)"
    sed 's/^/  /' "$PEERS_BUILD/versions.txt" 2>/dev/null || true
    echo
    PEERS_BUILD=$folders/stated "$peers/compare.sh" --rounds "$rounds" --scenarios "$scenarios" --only "$only" \
        "subject=9443!split:$program $arguments"
    echo
    echo "judge, with the request as /mutate completes it:"
    PEERS_BUILD=$folders/completed "$peers/compare.sh" --rounds "$rounds" --scenarios judge --only "$only" \
        "subject=9443!split:$program $arguments"
} | tee "$table"
echo "the table is in $table"
