# For scripts that need a master in S3: starts SeaweedFS in $work, uploads $MASTER, and exports what Tegl needs to read
# s3://masters. The script stops the process in $work/weed.pid.
WEED=$(realpath "${WEED:-target/testbeds/seaweed/bin/weed}")
s3=18333
cat >"$work/s3.json" <<'J'
{"identities":[{"name":"bench","credentials":[{"accessKey":"testkey","secretKey":"testsecret"}],"actions":["Admin","Read","Write","List"]}]}
J
mkdir "$work/weed"
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
export XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/data PIDFILE=$work/tegl.pid TEGL
stop_s3() {
  { kill -9 "$(<"$work/weed.pid")" && wait || true; } 2>/dev/null
  [ ! -e "$PIDFILE" ] || PORT=1 IMAGE_DIR=. "$here/serve.sh" stop
  rm -rf "$work"
}
