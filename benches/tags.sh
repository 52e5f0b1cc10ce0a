#!/usr/bin/env bash
# Machine tags: what each step of `tegl tag` costs, what it finds on labelled pictures, and how fast tags from elsewhere go in.
#   [SETTINGS=models.toml] benches/tags.sh speed IMAGES       CPU, rate and memory of each step
#   SETTINGS=models.toml   benches/tags.sh labels IMAGES TSV  probe and nearest works; the table has the columns id (the
#                                                             file without its extension), genre and motifs
#   RECORDS=records.gz     benches/tags.sh bulk [TAGS]        100,000 tags beside a server, and when the last is found
# SETTINGS declares models under [models.NAME]; one of them has an embedding.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/provide curl python3 time
tegl=$(realpath "${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}")
work=$(realpath -m "${BENCH_DIR:-target/bench}/tags")
settings=$([ -z "${SETTINGS:-}" ] || realpath "$SETTINGS")
port=8496 pid=
rm -rf "$work" && mkdir -p "$work"
export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/data TEGL__OPERATIONS__LISTEN= TEGL__LOG__LEVEL=error
export TEGL__CATALOGUE__URL=$work/catalogue.db
trap '[ -z "$pid" ] || kill $pid' EXIT
config=()
[ -z "$settings" ] || config=(--config "$settings")

timed() { # timed NAME COUNT COMMAND...
  local name=$1 count=$2; shift 2
  /usr/bin/env time -f '%e %U %S %M' -o "$work/time" "$@" >"$work/out" 2>"$work/err" || { cat "$work/err"; exit 1; }
  awk -v name="$name" -v n="$count" 'END { printf "%-28s %6.0f a second, %6.2f CPU ms each, %4.0f MiB at most\n",
    name, n / $1, ($2 + $3) * 1000 / n, $4 / 1024 }' "$work/time"
}

serve() { # serve [SOURCE]
  "$tegl" serve "$@" --listen 127.0.0.1:$port "${config[@]}" 2>"$work/serve.log" & pid=$!
  until curl -sf "http://127.0.0.1:$port/api/v1/works?limit=0" >/dev/null; do
    kill -0 $pid 2>/dev/null || { cat "$work/serve.log"; exit 1; }
    sleep 0.2
  done
}

# A record for each image, without any tag.
records() { # records IMAGES
  python3 - "$1" >"$work/records.jsonl" <<'PY'
import json, os, sys
for name in sorted(os.listdir(sys.argv[1])):
    number = name.rsplit(".", 1)[0]
    print(json.dumps({"object_number": number, "titles": [number], "public_domain": True, "images": [{"file": name}]}))
PY
  "$tegl" ingest "$1" --records "$work/records.jsonl" "${config[@]}" >/dev/null 2>&1
}

speed() { # speed IMAGES
  records "$1"
  local count kinds
  count=$(wc -l <"$work/records.jsonl")
  for kinds in color ${settings:+motif likeness}; do
    # Every step from nothing: results of earlier ones are not used.
    mkdir "$work/step"
    cp "$work"/catalogue.db* "$work/step"
    export TEGL__CATALOGUE__URL=$work/step/catalogue.db
    timed "$kinds" "$count" "$tegl" tag "$1" --only "$kinds" "${config[@]}"
    timed "$kinds, all known" "$count" "$tegl" tag "$1" --only "$kinds" "${config[@]}"
    rm -r "$work/step"
  done
}

labels() { # labels IMAGES TSV
  records "$1"
  python3 - "$2" >"$work/tags.jsonl" <<'PY'
import csv, json, sys
for row in csv.DictReader(open(sys.argv[1]), delimiter="\t"):
    tags = [("motif", motif) for motif in row["motifs"].split(",") if motif] + [("genre", row["genre"])]
    for scheme, label in tags:
        print(json.dumps({"work": row["id"], "scheme": scheme, "label": {"en": label}, "source": "import:labels"}))
PY
  "$tegl" ingest --tags "$work/tags.jsonl" "${config[@]}" >/dev/null
  "$tegl" tag "$1" --only likeness "${config[@]}" >/dev/null 2>&1
  "$tegl" tag train motif "${config[@]}" | grep -v '^not trained'
  serve "$1"
  python3 - "$2" "http://127.0.0.1:$port" <<'PY'
import collections, csv, json, sys, time, urllib.error, urllib.parse, urllib.request
rows = list(csv.DictReader(open(sys.argv[1]), delimiter="\t"))
genre = {row["id"]: row["genre"] for row in rows}
def similar(work):
    url = f"{sys.argv[2]}/api/v1/works/{urllib.parse.quote(work, safe='')}/similar?limit=5&fields=object_number"
    while True:
        try:
            return [found["object_number"] for found in json.load(urllib.request.urlopen(url))["works"]]
        except urllib.error.HTTPError as error:
            if error.code != 503: raise
            time.sleep(0.2)
right = shared = 0
for work, own in genre.items():
    near = [genre[other] for other in similar(work)]
    counts = collections.Counter(near)
    right += max(near, key=lambda one: (counts[one], -near.index(one))) == own
    shared += near.count(own)
most = collections.Counter(genre.values()).most_common(1)[0][1]
print(f"genre by the five nearest works: right for {right} of {len(genre)} = {right / len(genre):.2f} "
      f"(always the most frequent: {most / len(genre):.2f}); {shared / 5 / len(genre):.2f} of the nearest share it")
PY
}

# The CPU seconds of the server so far.
server_cpu() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$pid/stat"; }

bulk() { # bulk [TAGS]
  local count=${1:-100000}
  "$tegl" ingest --records "$RECORDS" >/dev/null 2>&1
  mkdir "$work/images"
  serve "$work/images"
  curl -sf "http://127.0.0.1:$port/api/v1/dump/works.jsonl" | python3 -c '
import json, sys
numbers = [json.loads(line)["object_number"] for line in sys.stdin]
print(len(numbers), "works", file=sys.stderr)
for n in range(int(sys.argv[1])):
    last = n == int(sys.argv[1]) - 1
    tag = {"work": numbers[n % len(numbers)], "scheme": "motif", "label": {"en": "the last" if last else f"motif {n % 997}"}}
    print(json.dumps({**tag, "source": "model:bench@1", "confidence": 0.5 + n % 50 / 100}))' "$count" >"$work/tags.jsonl"
  local before end
  before=$(server_cpu)
  timed "tags beside a server" "$count" "$tegl" ingest --tags "$work/tags.jsonl"
  end=$EPOCHREALTIME
  until curl -sf "http://127.0.0.1:$port/api/v1/works?any=motif:the-last&limit=0" | grep -q '"total":1'; do sleep 0.05; done
  awk -v a="$end" -v b="$EPOCHREALTIME" -v c="$before" -v d="$(server_cpu)" 'BEGIN {
    printf "the last tag is found %.1f s after the end; the server needed %.1f CPU s\n", b - a, d - c }'
}

case ${1:-} in
  speed | labels | bulk) "$@" ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
