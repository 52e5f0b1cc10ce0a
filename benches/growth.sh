#!/usr/bin/env bash
# How costs grow: with concurrency, with the number of masters, with identifiers that do not exist, with the number of works.
#   MASTER=PYRAMID.tif [RECORDS=works.ndjson.gz] benches/growth.sh
#   TEGL       the binary (target/release/tegl)
#   TILE       the side of the master's tiles (256); it needs at least 40 x 40 of them, and a region of 6,000 x 4,500
#   SECS       seconds of each load (4)
#   CONCURRENT numbers of connections ("1 16 256")       MASTERS  numbers of masters ("1 1000 100000")
#   COPIES     how many times the records are imported, under other object numbers ("4 15"); none without RECORDS
# CPU is that of the server alone. The masters are hard links to one file, so the system's cache has them all.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/provide wrk curl python3
tegl=$(realpath "${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}") master=$(realpath "${MASTER:?name a pyramid}")
tile=${TILE:-256} seconds=${SECS:-4}
work=$(realpath -m "${BENCH_DIR:-target/bench}")/growth
rm -rf "$work"
mkdir -p "$work"
export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/data TEGL__OPERATIONS__LISTEN= TEGL__PYRAMIDS__LOCATION=none TEGL__LOG__LEVEL=warn
port=28790 base=http://127.0.0.1:28790 server=
trap 'stop; rm -rf "$work"' EXIT

stop() { [ -z "$server" ] || { kill "$server" && wait "$server" || true; } 2>/dev/null; server=; }
cpu() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }
memory() { awk '/VmHWM/ { printf "%d", $2 / 1024 }' "/proc/$server/status"; }

# serve FOLDER [VARIABLE=VALUE…]: prints how long the start took, in seconds and in CPU seconds.
serve() {
  stop
  local folder=$1 began
  shift
  began=$(date +%s.%N)
  env "$@" "$tegl" serve --listen "127.0.0.1:$port" "$folder" >"$work/log" 2>&1 &
  server=$!
  until curl -sfo /dev/null "$base/health/live"; do
    kill -0 "$server" || { cat "$work/log" >&2; exit 1; }
    sleep 0.05
  done
  awk -v began="$began" -v now="$(date +%s.%N)" -v cpu="$(cpu)" 'BEGIN { printf "%.1f s, %.1f CPU s", now - began, cpu / 100 }'
}

# load NAME FILE CONNECTIONS: one row of the table.
load() {
  local before threads=$(($3 > 1 ? 2 : 1))
  before=$(cpu)
  PATHS=$2 wrk -t$threads -c"$3" -d"${seconds}s" --timeout 30s -s benches/load.lua "$base" | grep ^answered >"$work/out"
  awk -v name="$1" -v cpu="$(($(cpu) - before))" -v memory="$(memory)" '{
    printf "| %s | %d | %.3f | %s | %s | %d | %d |\n", name, $2, cpu * 10 / $2, $4, $6, $3, memory }' "$work/out"
}

header() { printf '\n| %s | requests | CPU s per 1,000 | p50 ms | p99 ms | not 200 | peak MiB |\n|---|--:|--:|--:|--:|--:|--:|\n' "$1"; }

mkdir "$work/one"
ln "$master" "$work/one/a.tif" 2>/dev/null || cp "$master" "$work/one/a.tif"
for ((n = 0; n < 64; n++)); do echo "/iiif/3/a.tif/$((n % 40 * tile)),$((n / 40 * tile)),$tile,$tile/$tile,$tile/0/default.jpg"; done >"$work/tiles"

header concurrency
serve "$work/one" TEGL__CATALOGUE__URL=none >/dev/null
curl -s "$base/iiif/3/a.tif/info.json" | python3 -c 'import json, sys; info = json.load(sys.stdin); print(info["width"], info["height"])' >"$work/size"
# Widths between 512 and 6,000 are equally likely on a logarithmic scale; no region is requested twice in one load.
awk '{ srand(7); for (n = 0; n < 20000; n++) { w = int(512 * exp(rand() * log(6000 / 512))); h = int(w * 3 / 4)
  printf "/iiif/3/a.tif/%d,%d,%d,%d/512,/0/default.jpg\n", rand() * ($1 - w), rand() * ($2 - h), w, h } }' "$work/size" >"$work/regions"
for connections in ${CONCURRENT:-1 16 256}; do load "64 tiles, $connections connections" "$work/tiles" "$connections"; done
serve "$work/one" TEGL__CATALOGUE__URL=none TEGL__CACHE__ANSWERS_MIB=0 TEGL__WORK__QUEUE_MS=60000 >/dev/null
for connections in ${CONCURRENT:-1 16 256}; do load "random regions, $connections connections" "$work/regions" "$connections"; done

header "masters (a tile of each in turn; 16 connections)"
for masters in ${MASTERS:-1 1000 100000}; do
  rm -rf "$work/many"
  mkdir -p "$work/many/0"
  seq -f "$work/many/0/%g.tif" 0 $((masters < 1000 ? masters - 1 : 999)) | xargs -n 1 ln "$work/one/a.tif"
  # A file has at most 65,000 links.
  for ((folder = 1; folder * 1000 < masters; folder++)); do
    if ((folder % 50 == 0)); then cp "$work/one/a.tif" "$work/a.tif" && mkdir "$work/many/$folder" && seq -f "$work/many/$folder/%g.tif" 0 999 | xargs -n 1 ln "$work/a.tif" && rm "$work/a.tif"
    else cp -al "$work/many/$((folder / 50 * 50))" "$work/many/$folder"; fi
  done
  serve "$work/many" TEGL__CATALOGUE__URL=none >"$work/start"
  (cd "$work/many" && find . -name '*.tif' | sort -R | sed "s|^\./||; s|/|%2F|g; s|.*|/iiif/3/&/0,0,$tile,$tile/$tile,$tile/0/default.jpg|") >"$work/each"
  load "$masters masters (start: $(<"$work/start"))" "$work/each" 16
  sed 's|tif/.*|tif-missing/info.json|' "$work/each" >"$work/missing"
  load "$masters masters, identifiers that do not exist" "$work/missing" 16
done

[ -n "${RECORDS:-}" ] || exit 0
header "works (searches that are not kept; 8 connections)"
mkdir "$work/empty"
facets=$(printf '&facet=%s' creator type subject technique period material)
for copies in ${COPIES:-4 15}; do
  rm -rf "$work"/works.* "$work/index"
  for ((copy = 0; copy < copies; copy++)); do gzip -dc "$RECORDS" | sed "s/\"acno\":\"/&$copy-/"; done >"$work/works.ndjson"
  works=$(wc -l <"$work/works.ndjson")
  settings=(TEGL__CATALOGUE__URL="$work/works.db" TEGL__SEARCH__FOLDER="$work/index" TEGL__SEARCH__ANSWERS_MIB=0)
  imported=$(env "${settings[@]}" bash -c 'TIMEFORMAT="%R s, %U CPU s"; time "$0" ingest "$1" --records "$2" >/dev/null 2>&1' "$tegl" "$work/empty" "$work/works.ndjson" 2>&1)
  serve "$work/empty" "${settings[@]}" TEGL__LOG__LEVEL=warn,tegl::gallery=info >/dev/null
  until grep -q 'index of works is built' "$work/log"; do sleep 0.5; done
  echo "| $works works: imported in $imported; indexed with $(awk -v cpu="$(cpu)" 'BEGIN { printf "%.0f", cpu / 100 }') CPU s | | | | | | $(memory) |"
  serve "$work/empty" "${settings[@]}" >/dev/null
  until curl -sfo /dev/null "$base/api/v1/works?limit=0"; do sleep 0.2; done
  echo "/api/v1/works?limit=20$facets" >"$work/all"
  for word in people landscape river church sea study figure; do echo "/api/v1/works?limit=20&q=$word$facets"; done >"$work/words"
  load "$works works: all, with six facets" "$work/all" 8
  load "$works works: a common word, with six facets" "$work/words" 8
  sed 's/&facet.*//' "$work/words" >"$work/plain"
  load "$works works: a word, without facets" "$work/plain" 8
done
