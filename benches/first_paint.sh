#!/usr/bin/env bash
# The first paint of a view over S3 with latency: what a viewer waits for after a start, and what Tegl asks of the store.
#   TEGL=BINARY MASTER=PYRAMID.tif benches/first_paint.sh
#   WEED     SeaweedFS (target/testbeds/seaweed/bin/weed; `tests/testbeds.sh` installs it)
#   VIEW     size of the view (1600x900)        LATENCY  ms for each request to the store (30)
#   ROUNDS   starts (7); medians are printed       SHOW  not empty: all requests to the store
# A viewer has six connections. It requests info.json, then the tiles of a view in the middle, at full size and at the largest
# smaller level.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
cd "$here/.."
TEGL=$(realpath "${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}") MASTER=$(realpath "$MASTER")
export VIEW=${VIEW:-1600x900} LATENCY=${LATENCY:-30} ROUNDS=${ROUNDS:-7} PORT=${PORT:-28590}
work=$(mktemp -d)
. "$here/s3.sh"
trap stop_s3 EXIT
export STORE=$AWS_ENDPOINT AWS_ENDPOINT=http://127.0.0.1:$((PORT + 2)) IMAGE_DIR=s3://masters
python3 "$here/first_paint.py" "$here/serve.sh"
