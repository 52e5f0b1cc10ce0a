#!/usr/bin/env bash
# A restart over S3 with the disk cache, beside stored tiles of a local folder: server CPU per tile, and requests to the store.
#   TEGL=BINARY MASTER=PYRAMID.tif benches/disk_cache.sh
#   WEED     SeaweedFS (target/testbeds/seaweed/bin/weed; `tests/testbeds.sh` installs it)
#   TILES    tiles, each requested once after each start (2000)     TILE  their side (256)
#   ROUNDS   starts of each kind, in turns (7); the median is printed
set -euo pipefail
here=$(realpath "$(dirname "$0")")
cd "$here/.."
TEGL=$(realpath "${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}") MASTER=$(realpath "$MASTER")
export TILES=${TILES:-2000} TILE=${TILE:-256} ROUNDS=${ROUNDS:-7} PORT=${PORT:-28590}
work=$(mktemp -d)
. "$here/s3.sh"
trap stop_s3 EXIT
mkdir "$work/local"
cp "$MASTER" "$work/local/master.tif"
python3 "$here/disk_cache.py" "$here/serve.sh" "$work/local" "$work/disk"
