#!/usr/bin/env bash
# Instructions that the server executes for a request, without those of the kernel, as valgrind counts them: they are nearly
# the same in each run, also on a machine that does other work. Prints a Markdown table.
#   [TEGL=BINARY] MASTER=PYRAMID.tif benches/instructions.sh
#   TILE      the side of its tiles (256); it needs at least 40 x 40 of them
#   REQUESTS  requests of each row (800)
# valgrind counts each byte that a copy by `rep movsb` moves as an instruction. The profiles remain in target/bench.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
cd "$here/.."
.ci/provide valgrind curl
TEGL=$(realpath "${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}") MASTER=$(realpath "$MASTER")
tile=${TILE:-256} requests=${REQUESTS:-800} port=${PORT:-28690}
profiles=$(realpath -m "${BENCH_DIR:-target/bench}")/instructions
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir -p "$profiles" "$work/masters"
cp "$MASTER" "$work/masters/a.tif"
base=http://127.0.0.1:$port
image=$base/iiif/3/a.tif

# tiles FROM TO: addresses of so many different tiles, row by row.
tiles() {
  local n
  for ((n = $1; n < $2; n++)); do echo "$image/$((n % 40 * tile)),$((n / 40 * tile)),$tile,$tile/$tile,$tile/0/default.jpg"; done
}

repeated() { local n; for ((n = 0; n < $2; n++)); do echo "$1"; done; }

# One connection for all addresses of standard input; prints how many responses do not have this status.
ask() {
  sed 's/.*/url = "&"\noutput = "\/dev\/null"/' | curl -sS -K - -w '%{http_code}\n' "${@:2}" | grep -cv "^$1$" || true
}

# row NAME STATUS WARM MEASURED [CURL OPTION…]: files of addresses; the variables of `settings` are the server's.
row() {
  local name=$1 status=$2 profile=$profiles/${1//[^a-z0-9]/-} wrong
  env TEGL__CATALOGUE__URL=none TEGL__PYRAMIDS__LOCATION=none TEGL__SEARCH__FOLDER=none TEGL__WEB__THREADS=1 \
    TEGL__OPERATIONS__LISTEN= XDG_CACHE_HOME="$work/cache" XDG_DATA_HOME="$work/data" "${settings[@]}" \
    valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file="$profile" \
    "$TEGL" serve --listen "127.0.0.1:$port" "$work/masters" >"$work/log" 2>&1 &
  server=$!
  curl -so /dev/null --retry 100 --retry-all-errors --retry-delay 1 "$base/health/live"
  ask "$status" "${@:5}" <"$3" >/dev/null
  callgrind_control -i on "$server" >/dev/null 2>&1
  wrong=$(ask "$status" "${@:5}" <"$4")
  callgrind_control -i off "$server" >/dev/null 2>&1
  kill "$server"
  wait "$server" || true
  server=
  [ "$wrong" = 0 ] || { echo "$name: $wrong responses are not $status" >&2; exit 1; }
  local total
  total=$(sed -n 's/^totals: //p' "$profile")
  printf '| %s | %d |\n' "$name" $((total / $(wc -l <"$4")))
}

hot=$image/0,0,$tile,$tile/$tile,$tile/0/default.jpg
tiles 0 64 >"$work/some"
for ((n = 0; n * 64 < requests; n++)); do cat "$work/some"; done >"$work/hot"
tiles 64 $((64 + requests)) >"$work/cold"
repeated "$image/info.json" 100 >"$work/warm-info"
repeated "$image/info.json" "$requests" >"$work/info"
repeated "$hot" 100 >"$work/warm-one"
repeated "$hot" "$requests" >"$work/one"

echo '| request | instructions |'
echo '|---|--:|'
settings=()
row "64 tiles, repeatedly" 200 "$work/hot" "$work/hot"
settings=(TEGL__LOG__SAMPLE=0)
row "the same without lines in the log" 200 "$work/hot" "$work/hot"
row "each tile once" 200 "$work/some" "$work/cold"
row "info.json" 200 "$work/warm-info" "$work/info"
row "a tile that the client holds" 304 "$work/warm-one" "$work/one" -H 'If-None-Match: *'
