#!/usr/bin/env bash
# A harvest of a large catalogue with OAI-PMH, in each format; once more while works change.
#   RECORDS=records.ndjson.gz [PAGE=200] [COPIES=1] [POSTGRES=postgres://…] benches/oai.sh
# RECORDS is any file of Tegl's own records or of a museum's that `tegl ingest --records` reads. With COPIES=4, four times as
# many works are harvested: the records once more under other object numbers (of JSON lines with `object_number` or `acno`).
set -euo pipefail
cd "$(dirname "$0")/.."
tegl=${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}
work=${BENCH_DIR:-target/bench}/oai
mkdir -p "$work/masters"
export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/data TEGL__LOG__LEVEL=error TEGL__OPERATIONS__LISTEN=127.0.0.1:8497
export TEGL__OAI__PAGE=${PAGE:-200} TEGL__CATALOGUE__URL=${POSTGRES:-$work/catalogue.db}
port=8496 pid=
trap '[ -z "$pid" ] || kill $pid' EXIT

: "${RECORDS:?names a file of records}"
[ -n "${POSTGRES:-}" ] || rm -f "$work"/catalogue.db*
lines() { case $RECORDS in *.gz) gzip -dc "$RECORDS" ;; *) cat "$RECORDS" ;; esac; }
"$tegl" ingest --records "$RECORDS" 2>/dev/null | tail -n 2
for ((copy = 2; copy <= ${COPIES:-1}; copy++)); do
  lines | sed -E "s/\"(object_number|acno)\": ?\"/&copy$copy-/" >"$work/copy.jsonl"
  "$tegl" ingest --records "$work/copy.jsonl" 2>/dev/null | tail -n 2
done
TEGL__SEARCH__FOLDER=none "$tegl" serve "$work/masters" --listen 127.0.0.1:$port 2>"$work/serve.log" & pid=$!
until curl -sf "http://127.0.0.1:$port/health/ready" >/dev/null; do sleep 0.2; done

for format in oai_dc edm lido tegl; do node benches/oai.mjs "http://127.0.0.1:$port/oai" $format $pid; done

echo "while works change:"
lines | sed -n -E 's/"(title|titles)": ?"/&changed: /; 1,5000p' >"$work/changed.jsonl"
node benches/oai.mjs "http://127.0.0.1:$port/oai" oai_dc $pid & harvest=$!
"$tegl" ingest --records "$work/changed.jsonl" 2>/dev/null | tail -n 2
wait $harvest
