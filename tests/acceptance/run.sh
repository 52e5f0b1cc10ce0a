#!/usr/bin/env bash
# Outside judges over the release binary: IIIF's two image validators, real viewers in Chromium, schemathesis over the API,
# and clients in Python and TypeScript that are made of the API's description.
#   tests/acceptance/run.sh          TEGL names the binary, TEGL_SHARED the folder that holds accept/
# What cannot be run is named as NOT PROVEN, and fails the run if TEGL_REQUIRE=all; so does a test that fails and is not
# in exceptions.tsv.
set -euo pipefail
cd "$(dirname "$0")/../.."
shared=${TEGL_SHARED:-../shared}
tegl=${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}
work=$PWD/target/acceptance
passed=0 failed=0 skipped=0 servers=()

skip() {
  printf '\n!!! NOT PROVEN: %s\n\n' "$*" >&2
  [ -z "${TEGL_NOT_PROVEN:-}" ] || echo "$*" >>"$TEGL_NOT_PROVEN"
  skipped=$((skipped + 1))
}
judge() { if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi; }
stop() { [ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null || true; }
trap stop EXIT

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

# serve NAME FOLDER: sets NAME_base and NAME_metrics.
serve() {
  local port operations
  port=$(free_port) operations=$(free_port)
  XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/data TEGL__OPERATIONS__LISTEN=127.0.0.1:$operations \
    TEGL__CATALOGUE__URL=$work/$1.db "$tegl" serve --listen "127.0.0.1:$port" "$2" \
    >"$work/$1.log" 2>&1 </dev/null &
  servers+=($!)
  printf -v "$1_base" %s "http://127.0.0.1:$port"
  printf -v "$1_metrics" %s "http://127.0.0.1:$operations/metrics"
  local i
  for ((i = 0; i < 150; i++)); do
    node -e "fetch('http://127.0.0.1:$port/health/ready').then(r => process.exit(+!r.ok), () => process.exit(1))" && return
    kill -0 "${servers[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  echo "the server over $2 does not become ready:" >&2
  tail -n 20 "$work/$1.log" >&2
  exit 1
}

# The newest Python from 3.12 on, wherever it lies.
new_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && { echo "$candidate"; return; }
  done
  return 1
}

# environment NAME PYTHON REQUIREMENTS: a virtual environment, made again when the requirements change.
environment() {
  cmp -s "$3" "$work/$1/requirements" && return
  rm -rf "${work:?}/$1"
  "$2" -m venv "$work/$1" && "$work/$1/bin/pip" install -q --disable-pip-version-check -r "$3" && cp "$3" "$work/$1/requirements"
}

# validate LABEL ID: both validators, both versions of the Image API.
validate() {
  local version found
  if [ -n "$classic" ]; then
    for version in 3.0 2.0; do
      found=$work/classic-$1-$version.json
      rm -f "$found"
      timeout 300 "$work/classic/bin/python" "$accept/image/validate_classic.py" --base "$masters_base/iiif/${version%.0}" --id "$2" \
        --version "$version" --json "$found" >"$found.log" 2>&1 || true
      echo "== $1 master, $2"
      judge python3 tests/acceptance/judge.py classic "$version" "$found"
    done
  fi
  if [ -n "$ng" ]; then
    for version in 3 2; do
      found=$work/ng-$1-$version.json
      rm -f "$found"
      timeout 300 "$work/ng/bin/python" "$accept/image/validate_ng.py" --base "$masters_base/iiif/$version" --id "$2" --all \
        $([ "$version" = 2 ] && echo --v2) --json "$found" >"$found.log" 2>&1 || true
      echo "== $1 master, $2"
      judge python3 tests/acceptance/judge.py ng "$version" "$found"
    done
  fi
}

validators() {
  accept=$(realpath "$shared/accept" 2>/dev/null) && [ -d "$accept/image" ] || { skip "IIIF's validators: there is no $shared/accept"; return; }
  command -v python3 >/dev/null || { skip "IIIF's validators: there is no python3"; return; }
  local reference=67352ccc-d1b0-11e1-89ae-279075081939 newer
  classic=yes ng=yes
  environment classic python3 "$accept/requirements.txt" || { skip "the classic image validator: no Python environment"; classic=; }
  { newer=$(new_python) && environment ng "$newer" "$accept/requirements-ng.txt"; } || { skip "iiif-validator-ng: it needs Python 3.12 or newer"; ng=; }
  rm -rf "$work/masters" && mkdir -p "$work/masters"
  cp --no-preserve=mode "$accept/data/$reference.png" "$work/masters/"
  [ -z "$ng" ] || "$work/ng/bin/python" tests/acceptance/tile.py "$work/masters/$reference.png"
  serve masters "$work/masters"
  # The same picture as a master that is rendered whole, and as one whose stored tiles are sent.
  validate untiled "$reference.png"
  [ -z "$ng" ] || validate tiled "$reference.tif"
}

viewers() {
  [ -e tests/viewers/run.mjs ] || { skip "viewers: there is no tests/viewers/run.mjs"; return; }
  CHROMIUM=${CHROMIUM:-$(command -v chromium)} && [ -n "$CHROMIUM" ] || { skip "viewers: there is no chromium"; return; }
  export CHROMIUM
  [ tests/viewers/node_modules/.package-lock.json -nt tests/viewers/package-lock.json ] \
    || (cd tests/viewers && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  local sample=$work/sample
  rm -rf "$sample"
  "$tegl" sample "$sample" --max-megapixels 2
  rm -f "$work"/sample.db*
  XDG_CACHE_HOME=$work/cache TEGL__CATALOGUE__URL=$work/sample.db "$tegl" ingest "$sample" --records "$sample/records.json"
  serve sample "$sample"
  local identifiers
  mapfile -t identifiers < <(cd "$sample" && find . -type f -regextype egrep -iregex '.*\.(tiff?|jpe?g|png|jp2|webp|avif|gif)' -printf '%P\n' \
    | sort | node -e 'for (const name of require("fs").readFileSync(0, "utf8").trim().split("\n")) console.log(encodeURIComponent(name))')
  judge timeout 900 node tests/viewers/run.mjs "$sample_base" "${identifiers[@]}" --metrics "$sample_metrics" --out "$work/viewers"
  local works
  mapfile -t works < <(node -e 'for (const work of require(process.argv[1])) console.log(encodeURIComponent(work.object_number))' "$sample/records.json")
  judge timeout 900 node tests/viewers/works.mjs "$sample_base" "${works[@]}" --out "$work/works"
  local pages=("/" "/?lang=da" "/?q=blue&lang=da" "/?files" "/works/${works[0]}" "/works/${works[0]}?lang=da")
  judge timeout 300 node tests/viewers/pages.mjs "$sample_base" "${pages[@]}" --out "$work/pages"
  exported "$sample" "${identifiers[@]}"
}

# The API against its own description: by clients that are made of it, and by whoever looks for what does not fit.
described() {
  local token=acceptance-of-the-api sample=$work/described-sample
  rm -rf "$sample" "$work"/api.db*
  "$tegl" sample "$sample" --max-megapixels 1
  XDG_CACHE_HOME=$work/cache TEGL__CATALOGUE__URL=$work/api.db "$tegl" ingest "$sample" --records "$sample/records.json"
  TEGL__API__TOKENS__JUDGE=$token serve api "$sample"
  # An index of works takes a moment.
  node -e "(async () => { for (let i = 0; i < 200; i++) { if ((await fetch('$api_base/api/v1/works?limit=0')).ok) return; await new Promise(r => setTimeout(r, 100)); } process.exit(1); })()"
  python_client "$token"
  typescript_client "$token"
  command -v python3 >/dev/null || { skip "schemathesis: there is no python3"; return; }
  environment described python3 tests/acceptance/requirements-api.txt || { skip "schemathesis: no Python environment"; return; }
  judge timeout 600 "$work/described/bin/schemathesis" --config-file tests/acceptance/schemathesis.toml \
    run "$api_base/api/v1/openapi.json" -H "Authorization: Bearer $token" --max-examples 40 --workers 1 --seed 1
}

python_client() {
  command -v python3 >/dev/null || { skip "the Python client: there is no python3"; return; }
  environment clients python3 tests/acceptance/requirements-clients.txt || { skip "the Python client: no Python environment"; return; }
  local made=$work/python-client
  rm -rf "$made" && mkdir -p "$made"
  judge "$work/clients/bin/openapi-python-client" generate --url "$api_base/api/v1/openapi.json" --meta none \
    --output-path "$made/tegl_api" --overwrite >"$made/log" 2>&1
  judge env PYTHONPATH="$made" timeout 60 "$work/clients/bin/python" tests/acceptance/clients/use.py "$api_base" "$1"
}

typescript_client() {
  command -v npm >/dev/null || { skip "the TypeScript client: there is no npm"; return; }
  local made=$work/typescript-client
  # Packages stay from run to run while what is asked for stays the same.
  if ! cmp -s tests/acceptance/clients/package-lock.json "$made/package-lock.json"; then
    rm -rf "$made" && mkdir -p "$made"
    cp tests/acceptance/clients/package.json tests/acceptance/clients/package-lock.json "$made/"
    (cd "$made" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || { rm -rf "$made"; skip "the TypeScript client: no packages"; return; }
  fi
  cp tests/acceptance/clients/tsconfig.json tests/acceptance/clients/use.ts "$made/"
  judge "$made/node_modules/.bin/openapi-typescript" "$api_base/api/v1/openapi.json" --output "$made/schema.d.ts"
  judge "$made/node_modules/.bin/tsc" --project "$made"
  judge timeout 60 node "$made/use.js" "$api_base" "$1"
}

# What `tegl export` writes, from a static web server.
exported() {
  local site=$work/site port
  port=$(free_port)
  rm -rf "$site"
  # Nothing of this machine's own collection.
  export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/data
  "$tegl" export "$1" --out "$site/iiif/3" --base-url "http://127.0.0.1:$port/iiif/3" 2>"$work/export.log" \
    && "$tegl" export "$1" --out "$site/deepzoom" --deep-zoom 2>"$work/export.log" || { cat "$work/export.log" >&2; exit 1; }
  node tests/viewers/static.mjs "$site" "$port" &
  servers+=($!)
  local names=()
  for id in "${@:2:2}"; do names+=("${id//%/%25}"); done
  judge timeout 300 node tests/viewers/run.mjs "http://127.0.0.1:$port" "${names[@]}" --out "$work/exported" \
    --only "OpenSeadragon 6;OpenSeadragon 6, Deep Zoom"
  # Every address that viewers derive is there, as files and from the server.
  local descriptions=()
  for id in "${@:2}"; do
    descriptions+=("http://127.0.0.1:$port/iiif/3/${id//%/%25}/info.json" "http://127.0.0.1:$port/deepzoom/${id//%/%25}.dzi")
    descriptions+=("$sample_base/iiif/3/$id/info.json" "$sample_base/iiif/2/$id/info.json" "$sample_base/deepzoom/$id.dzi")
  done
  judge timeout 900 node tests/viewers/addresses.mjs "${descriptions[@]}"
}

mkdir -p "$work"
[ -x "$tegl" ] || { echo "no $tegl; type: make build" >&2; exit 1; }
validators
viewers
described
for server in "${servers[@]}"; do
  kill -0 "$server" 2>/dev/null || { echo "a server has died; see $work/*.log" >&2; failed=$((failed + 1)); }
done
echo "acceptance: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && { [ "$skipped" = 0 ] || [ "${TEGL_REQUIRE:-}" != all ]; }
