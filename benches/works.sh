#!/usr/bin/env bash
# Works side by side with what they are held against: records into the catalogue, manifests, collections, downloads.
#   RECORDS=records.ndjson.gz [POSTGRES=postgres://…] benches/works.sh
# RECORDS is any file that `tegl ingest --records` reads; the sample collection comes with its own.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/provide wrk nginx curl
tegl=${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}
work=${BENCH_DIR:-target/bench}/works
seconds=${SECONDS_EACH:-5}
mkdir -p "$work"
export XDG_CACHE_HOME=$work/cache TEGL__LOG__LEVEL=error TEGL__OPERATIONS__LISTEN=127.0.0.1:8493
port=8494 pid=
trap '[ -z "$pid" ] || kill $pid; [ ! -e $work/nginx.pid ] || kill "$(cat $work/nginx.pid)"' EXIT
[ -e "$work/sample" ] || "$tegl" sample "$work/sample" --max-megapixels 2 2>/dev/null

serve() { # serve FOLDER
  [ -z "$pid" ] || { kill "$pid"; wait "$pid" 2>/dev/null || true; }
  "$tegl" serve "$1" --listen 127.0.0.1:$port 2>"$work/serve.log" & pid=$!
  until curl -sf "http://127.0.0.1:$port/health/ready" >/dev/null; do sleep 0.1; done
}

cpu_ms() { awk '{ print ($14 + $15) * 10 }' <(cat $(printf '/proc/%s/stat ' "$@")) | awk '{ s += $1 } END { print s }'; }

load() { # load NAME PATHS
  printf 'local l = {}\nfor x in io.lines("%s") do l[#l + 1] = x end\nlocal i = 0\nrequest = function() i = i %% #l + 1 return wrk.format("GET", l[i]) end\n' "$2" >"$work/load.lua"
  local before after out
  before=$(cpu_ms "$pid")
  out=$(wrk -t1 -c8 -d"${seconds}s" --latency -s "$work/load.lua" "http://127.0.0.1:$port")
  after=$(cpu_ms "$pid")
  awk -v name="$1" -v cpu=$((after - before)) '/requests in/ { n = $1 } /50%|99%/ { q = q " " $1 " " $2 } /Non-2xx/ { bad = "; " $0 }
    END { printf "%-40s %.4f CPU ms each;%s%s\n", name, cpu / n, q, bad }' <<<"$out"
}

works() { # works URL
  export TEGL__CATALOGUE__URL=$1
  [ -z "${RECORDS:-}" ] || /usr/bin/env time -f '%M KiB at most' "$tegl" ingest --records "$RECORDS" 2>&1 | tail -n 3
  "$tegl" ingest "$work/sample" --records "$work/sample/records.json" >/dev/null 2>&1
  node -e 'for (const r of require(process.argv[1])) console.log(`/presentation/3/${encodeURIComponent(r.object_number)}/manifest`)' "$(realpath "$work/sample/records.json")" >"$work/manifests"
  TEGL__WEB__DOCUMENTS_MIB=0 serve "$work/sample"
  load "manifest, computed" "$work/manifests"
  local total
  total=$(curl -s "http://127.0.0.1:$port/" | grep -o '[0-9,]* works' | tr -dc 0-9 | head -c 9)
  awk -v total="${total:-12}" 'BEGIN { srand(1); parts = int(total / 100); for (i = 0; i < 500; i++) { s = int(rand() * parts) * 100
    print parts > 1 ? "/presentation/3/collections/all/all/" s "-" s + 99 : "/presentation/3/collections/all/all" } }' >"$work/collections"
  load "collection page of 100 among ${total:-12}" "$work/collections"
  serve "$work/sample"
  load "manifest, kept" "$work/manifests"
}

download() {
  mkdir -p "$work/big"
  [ -e "$work/big/big.tif" ] || { cp "$(find "$work/sample" -name '*.tif' | head -n 1)" "$work/big/big.tif"; truncate -s 1G "$work/big/big.tif"; }
  printf 'pid %s/nginx.pid; error_log %s/nginx.log;\nevents { }\nhttp { access_log off; sendfile on; server { listen 127.0.0.1:8495; root %s/big; } }\n' \
    "$(realpath "$work")" "$(realpath "$work")" "$(realpath "$work")" >"$work/nginx.conf"
  PATH=$PATH:/usr/sbin nginx -c "$(realpath "$work/nginx.conf")"
  export TEGL__CATALOGUE__URL=none
  serve "$work/big"
  cat "$work/big/big.tif" >/dev/null
  local round
  for round in 1 2 3; do
    curl -s -o /dev/null -w 'nginx %{speed_download} bytes a second\n' http://127.0.0.1:8495/big.tif
    curl -s -o /dev/null -w 'tegl  %{speed_download} bytes a second\n' "http://127.0.0.1:$port/download/big.tif"
  done
  grep VmHWM "/proc/$pid/status"
}

rm -f "$work"/catalogue.db*
echo "SQLite"; works "$work/catalogue.db"
[ -z "${POSTGRES:-}" ] || { echo "PostgreSQL"; works "$POSTGRES"; }
echo "Downloading 1 GiB"; download
