#!/usr/bin/env bash
# Searches over a large collection: latencies at concurrency 8, the index from nothing, memory, a whole dump.
#   RECORDS=records.ndjson.gz [SECONDS_EACH=6] benches/search.sh
# Each load is run twice: with searches that were made kept, as a server is, and with none kept.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/provide wrk curl
tegl=${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}
work=${BENCH_DIR:-target/bench}/search
mkdir -p "$work/masters"
export XDG_CACHE_HOME=$work/cache TEGL__LOG__LEVEL=warn,tegl::gallery=info TEGL__OPERATIONS__LISTEN=127.0.0.1:8593
export TEGL__CATALOGUE__URL=$work/catalogue.db TEGL__SEARCH__FOLDER=$work/index
port=8594 base=http://127.0.0.1:8594 pid=
trap '[ -z "$pid" ] || kill $pid' EXIT

serve() {
  [ -z "$pid" ] || { kill "$pid"; wait "$pid" 2>/dev/null || true; }
  "$tegl" serve "$work/masters" --listen 127.0.0.1:$port 2>"$work/serve.log" & pid=$!
  until curl -sf "$base/api/v1/works?limit=0" >/dev/null; do sleep 0.2; done
}

memory() { awk '/VmRSS|RssAnon/ { printf "%s %d MiB  ", $1, $2 / 1024 } END { print "" }' "/proc/$pid/status"; }

load() { # load NAME FILE
  local before after
  before=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
  printf '%-34s' "$1"
  PATHS=$2 wrk -t2 -c8 -d"${SECONDS_EACH:-6}s" -s benches/load.lua "$base" | grep ^answered >"$work/out"
  after=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
  awk -v cpu=$((after - before)) '{
    printf "%8d answers, %d refused; p50 %.1f ms, p90 %.1f, p99 %.1f; %.3f CPU ms each\n", $2, $3, $4, $5, $6, cpu * 10 / $2 }' "$work/out"
}

rm -rf "$work/index" "$work"/catalogue.db*
"$tegl" ingest "$work/masters" --records "${RECORDS:?name a file of records}" 2>&1 | tail -n 2
facets=$(printf '&facet=%s' creator type subject technique period material)
words="people man woman nature landscape architecture boat river sky tree mountain head figure house church town sea paper oil sketch study"
echo "/api/v1/works?limit=20$facets" >"$work/all"
for word in $words; do echo "/api/v1/works?limit=20&q=$word$facets"; done >"$work/facets"
{ echo "/api/v1/works?limit=20"; for word in $words; do echo "/api/v1/works?limit=20&q=$word"; done; } >"$work/plain"
for word in $words turner blake constable london venice; do for letters in 1 2 3 4; do echo "/api/v1/suggest?q=${word:0:$letters}"; done; done >"$work/suggest"

serve
grep "index of works is" "$work/serve.log"
sleep 20
echo "memory, the index just made: $(memory)"
for kept in 32 0; do
  export TEGL__SEARCH__ANSWERS_MIB=$kept
  serve
  echo "searches kept: $kept MiB; memory with the index open: $(memory)"
  load "everything, six facets" "$work/all"
  load "a common word, six facets" "$work/facets"
  load "without facets" "$work/plain"
  load "suggestions" "$work/suggest"
  echo "memory behind it: $(memory)"
done
for name in works.jsonl works.jsonl.gz works.csv; do
  took=$(curl -s -o "$work/dump" -w '%{time_total}' "$base/api/v1/dump/$name")
  works=$(curl -s "$base/api/v1/works?limit=0" | sed 's/.*"total":\([0-9]*\).*/\1/')
  awk -v name="$name" -v took="$took" -v works="$works" 'BEGIN { printf "%-34s%.0f works a second\n", "dump of " name, works / took }'
done
echo "memory behind it: $(memory)"
