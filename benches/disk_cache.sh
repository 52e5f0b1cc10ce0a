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
WEED=$(realpath "${WEED:-target/testbeds/seaweed/bin/weed}")
export TILES=${TILES:-2000} TILE=${TILE:-256} ROUNDS=${ROUNDS:-7}
work=$(mktemp -d)
trap 'kill -9 "$(<"$work/weed.pid")" 2>/dev/null || true; [ -e "$work/tegl.pid" ] && PORT=1 IMAGE_DIR=. PIDFILE=$work/tegl.pid TEGL=$TEGL "$here/serve.sh" stop; rm -rf "$work"' EXIT

s3=18333
cat >"$work/s3.json" <<'J'
{"identities":[{"name":"bench","credentials":[{"accessKey":"testkey","secretKey":"testsecret"}],"actions":["Admin","Read","Write","List"]}]}
J
mkdir "$work/weed" "$work/local"
cp "$MASTER" "$work/local/master.tif"
# SeaweedFS takes its settings from the environment, too.
env -u MASTER "$WEED" -logtostderr=true server -dir="$work/weed" -ip=127.0.0.1 -ip.bind=127.0.0.1 -filer -s3 -s3.port=$s3 \
  -s3.config="$work/s3.json" -filer.port=18888 -volume.port=18080 -master.port=19333 -volume.max=20 \
  -master.volumeSizeLimitMB=1024 -volume.minFreeSpace=10MiB -s3.port.iceberg=0 -s3.port.lance=0 \
  -filer.localSocket="$work/filer.sock" -s3.localSocket="$work/s3.sock" >"$work/weed.log" 2>&1 &
echo $! >"$work/weed.pid"
for ((i = 0; i < 400; i++)); do curl -so/dev/null "127.0.0.1:$s3/status" && break; sleep 0.1; done
put() { curl -sS --fail --retry 20 --retry-all-errors --retry-delay 1 -o/dev/null --aws-sigv4 aws:amz:us-east-1:s3 -u testkey:testsecret -X PUT "$@"; }
put "http://127.0.0.1:$s3/masters"
put -T "$MASTER" "http://127.0.0.1:$s3/masters/master.tif"

export AWS_ENDPOINT=http://127.0.0.1:$s3 AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=testkey AWS_SECRET_ACCESS_KEY=testsecret
export AWS_ALLOW_HTTP=true TEGL__CATALOGUE__URL=none TEGL__PYRAMIDS__LOCATION=none TEGL__LOG__LEVEL=warn
export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/data PORT=${PORT:-28590} PIDFILE=$work/tegl.pid TEGL
python3 "$here/disk_cache.py" "$here/serve.sh" "$work/local" "$work/disk"
