#!/usr/bin/env bash
# The first thumbnail of a master after a start, beside Debian's iipsrv: CPU and time of one request, medians.
#   [MASTER=m8k.jp2] benches/first_thumbnail.sh
#   TEGL, BENCH_DIR, HARNESS, MASTER: as in side_by_side.sh      ROUNDS  starts of each (7)
set -euo pipefail
here=$(realpath "$(dirname "$0")")
cd "$here/.."
export HARNESS=$(realpath "${HARNESS:-${TEGL_SHARED:-../shared}/bench}") PATH=$PATH:/usr/sbin:/sbin
.ci/provide curl nginx spawn-fcgi iipimage-server vips opj_compress node npm python3 python3-venv
export TEGL=$(realpath "${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}") BENCH_DIR=$(realpath -m "${BENCH_DIR:-target/bench}")
"$here/prepare.sh"
cd "$BENCH_DIR"
export IMAGE_DIR=$BENCH_DIR/masters STATIC_DIR=$BENCH_DIR/static NODE_MODULES=$BENCH_DIR/node RUN_DIR=$BENCH_DIR/run PORT0=28480
export PORT=28490 PIDFILE=$BENCH_DIR/run/tegl.pid TEGL__PYRAMIDS__LOCATION=none TEGL__CATALOGUE__URL=none
master=${MASTER:-m8k.jp2}
trap '"$here/serve.sh" stop; python3 "$HARNESS/peers.py" stop iipsrv >/dev/null' EXIT

# one NAME BASE PROCESSES: another image is opened first, so that only this one's costs are counted.
one() {
  local before seconds
  curl -sfo /dev/null "$2/m20k_t256_q85.tif/info.json"
  before=$(cpu $3)
  seconds=$(curl -sfo /dev/null -w '%{time_total}' "$2/$master/full/!400,400/0/default.jpg")
  echo "$seconds $(cpu $3) $before" | awk '{ printf "%.0f %.0f\n", $1 * 1e9, $2 - $3 }' >>"run/first.$1"
}

# cpu PROCESSES...: the nanoseconds that they have had, threads that have ended included (clock_getcpuclockid(3)).
cpu() { python3 -c 'import sys, time; print(sum(time.clock_gettime_ns(~int(process) << 3 | 2) for process in sys.argv[1:]))' "$@"; }

rm -f run/first.*
for ((n = 0; n < ${ROUNDS:-7}; n++)); do
  python3 "$HARNESS/peers.py" start iipsrv >/dev/null
  read -r base processes < <(python3 -c 'import json
peer = json.load(open("run/iipsrv.json"))
print(peer["base"], *sum(peer["pids"].values(), []))')
  one iipsrv "$base" "$processes"
  python3 "$HARNESS/peers.py" stop iipsrv >/dev/null
  "$here/serve.sh"
  one tegl "http://127.0.0.1:$PORT/iiif/3" "$(<"$PIDFILE")"
done
echo "First thumbnail of $master after a start, medians"
printf '| server | ms | CPU ms |\n|---|--:|--:|\n'
for name in iipsrv tegl; do
  median() { sort -n -k"$1" "run/first.$name" | awk -v column="$1" '{ all[NR] = $column } END { printf "%.1f", all[int((NR + 1) / 2)] / 1e6 }'; }
  echo "| $name | $(median 1) | $(median 2) |"
done
