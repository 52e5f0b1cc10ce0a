#!/usr/bin/env bash
# Tegl beside its peers on this machine, one after the other, each under the same lists of requests:
# nginx with static tiles, Debian's iipsrv, and sharp (libvips) behind Node.
# Prints a Markdown table of CPU milliseconds a request, with ratios.
#   BENCH_DIR   masters and peers, made there when missing (default target/bench)
#   SECS        seconds a row (5)      CONC  connections (16)
#   PEERS       "static iipsrv node_file"; empty: Tegl alone
#   PREFER      --prefer: raise servers and wrk above other work (root)
#   MASTER      m20k_t256_q85.tif; of those that benches/prepare.sh makes, m20k_t512_q85.tif, m8k_t256_deflate.tif or m8k.jp2
#   REFERENCE   what its pixels are compared with (m20k_strip.tif; m8k_strip.tif for m8k…)
#   CONC=1 leaves no two requests that share a rendering; TEGL__LOG__SAMPLE=0 leaves out Tegl's log, as nginx has none here;
#   TEGL__CACHE__DECODED_MIB=0 has Tegl decode every tile anew
set -euo pipefail
here=$(realpath "$(dirname "$0")")
cd "$here/.."
export HARNESS=${HARNESS:-${TEGL_SHARED:-../shared}/bench}
[ -d "$HARNESS" ] || { printf '\n!!! SKIPPED: the side-by-side run needs the harness in %s\n\n' "$HARNESS" >&2; exit 1; }
HARNESS=$(realpath "$HARNESS")
export PATH=$PATH:/usr/sbin:/sbin
.ci/provide wrk nginx spawn-fcgi iipimage-server vips opj_compress node npm python3 python3-venv
TEGL=$(realpath "${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}")
BENCH_DIR=$(realpath -m "${BENCH_DIR:-target/bench}")
PORT=${PORT:-28490}
export TEGL BENCH_DIR PORT
"$here/prepare.sh"

cd "$BENCH_DIR"
export IMAGE_DIR=$BENCH_DIR/masters STATIC_DIR=$BENCH_DIR/static NODE_MODULES=$BENCH_DIR/node RUN_DIR=$BENCH_DIR/run
export PIDFILE=$BENCH_DIR/run/tegl.pid PORT0=${PORT0:-28480}
master=${MASTER:-m20k_t256_q85.tif}
case $master in m8k*) reference=m8k_strip.tif ;; *) reference=m20k_strip.tif ;; esac
reference=${REFERENCE:-$reference}
tile=256
case $master in *t512*) tile=512 ;; esac
rows=$BENCH_DIR/rows.jsonl quality=$BENCH_DIR/quality.jsonl
rm -f "$rows" "$quality"
mkdir -p "$RUN_DIR"
trap '"$here/serve.sh" stop; for peer in static iipsrv node_file; do python3 "$HARNESS/peers.py" stop "$peer"; done' EXIT

load() { python3 "$HARNESS/bench.py" --json "$rows" --seconds "${SECS:-5}" --conc "${CONC:-16}" --tile "$tile" ${PREFER:-} "$@" >&2; }
measure_quality() { venv/bin/python "$HARNESS/quality.py" --id "$master" --ref "masters/$reference" --tile "$tile" --json "$quality" "$@" >/dev/null; }

for peer in ${PEERS-static iipsrv node_file}; do
  python3 "$HARNESS/peers.py" start "$peer" >&2 || { echo "left out: $peer" >&2; continue; }
  if [ "$peer" = static ]; then
    load --peer static --id m20k_dz256 --scenarios hot,cold,info,zoom
  else
    load --peer "$peer" --id "$master"
    measure_quality --peer "$peer"
  fi
  python3 "$HARNESS/peers.py" stop "$peer"
done

base=http://127.0.0.1:$PORT/iiif/3
"$here/serve.sh"
tegl() { load --name tegl --base "$base" --id "$master" --pids "$(<"$PIDFILE")" --pidfile "$PIDFILE" --restart "'$here/serve.sh'" "$@"; }
tegl --scenarios hot,cold,info,zoom
measure_quality --name tegl --base "$base"
# Renderings with the answers' cache off: each request is work done.
export TEGL__CACHE__ANSWERS_MIB=0
"$here/serve.sh"
tegl --scenarios crop,thumb,deriv

python3 "$here/ratios.py" "$rows" "$quality"
