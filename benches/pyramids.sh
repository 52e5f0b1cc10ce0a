#!/usr/bin/env bash
# Pyramids beside libvips', and what the defaults of [pyramids] rest on.
#   benches/pyramids.sh MASTER.tif [RUNS]       a large RGB TIFF without alpha; needs vips and GNU time
# First table: making, Tegl and vips in turn, same tile side and quality. Second table: bytes, requests and
# latency of a first view (1600 x 900, six connections, a store that answers after 30 ms), and how far the pixels
# of the full size move (PSNR, mean of ΔE2000).
set -euo pipefail
cd "$(dirname "$0")/.."

MASTER=$(realpath "$1") RUNS=${2:-3} TEGL=${TEGL:-target/release/tegl}
.ci/provide vips time
WORK=$(mktemp -d "${TMPDIR:-/tmp}/tegl-pyramids.XXXX")
trap 'rm -rf "$WORK"' EXIT
mkdir "$WORK/in"
ln "$MASTER" "$WORK/in/" 2>/dev/null || cp "$MASTER" "$WORK/in/"

timed() { # NAME COMMAND...
  local name=$1
  shift
  /usr/bin/time -o "$WORK/time" -f "%U %S %e %M" "$@" >/dev/null 2>&1
  awk -v name="$name" '{printf "%-22s %8.2f %8.2f %8.0f\n", name, $1 + $2, $3, $4 / 1024}' "$WORK/time"
}

ingest() { # COMPRESSION SIDE QUALITY FULL_COLOR
  rm -rf "$WORK/out"
  TEGL__PYRAMIDS__COMPRESSION=$1 TEGL__PYRAMIDS__TILE_SIDE=$2 TEGL__PYRAMIDS__JPEG_QUALITY=$3 \
    TEGL__PYRAMIDS__FULL_COLOR=${4:-false} "$TEGL" ingest "$WORK/in" --store "$WORK/out"
}

printf '%-22s %8s %8s %8s\n' making "CPU s" "wall s" MiB
export -f ingest
export WORK TEGL
for ((n = 0; n < RUNS; n++)); do
  timed "tegl jpeg" bash -c 'ingest jpeg 256 85'
  timed "vips jpeg" vips tiffsave "$MASTER" "$WORK/v.tif" --tile --pyramid --compression jpeg --Q 85 \
    --tile-width 256 --tile-height 256 --bigtiff
done
timed "tegl deflate" bash -c 'ingest deflate 256 85'
timed "vips deflate" vips tiffsave "$MASTER" "$WORK/v.tif" --tile --pyramid --compression deflate \
  --predictor horizontal --tile-width 256 --tile-height 256 --bigtiff
rm -f "$WORK/v.tif"

vips colourspace "$MASTER" "$WORK/master.v" lab
printf '\n%-22s %10s %9s %9s %8s %8s\n' settings "bytes" requests "view ms" "PSNR dB" "ΔE mean"
row() { # SIDE QUALITY FULL_COLOR
  ingest jpeg "$1" "$2" "$3" >/dev/null 2>&1
  local file
  file=$(find "$WORK/out" -name '*.tif')
  vips colourspace "$file" "$WORK/made.v" lab
  vips dE00 "$WORK/master.v" "$WORK/made.v" "$WORK/delta.v"
  vips subtract "$MASTER" "$file" "$WORK/difference.v"
  vips multiply "$WORK/difference.v" "$WORK/difference.v" "$WORK/square.v"
  local error
  error=$(vips avg "$WORK/square.v")
  awk -v side="$1" -v quality="$2" -v full="$3" -v bytes="$(stat -c %s "$file")" -v error="$error" \
    -v mean="$(vips avg "$WORK/delta.v")" 'BEGIN {
      # A view lies anywhere on the grid: on average this many tiles are touched each way.
      n = int((1600 / side + 1) * (900 / side + 1) + 0.5)
      batches = int((n + 5) / 6)
      printf "%-22s %10d %9d %9d %8.2f %8.3f\n", side " px, q " quality (full == "true" ? ", 4:4:4" : ", 4:2:0"), bytes, n, batches * 30,
        10 * log(255 * 255 / error) / log(10), mean }'
}
for side in 256 512 1024; do row $side 88 false; done
for quality in 80 85 90 94; do row 512 $quality false; done
row 512 85 true
row 512 88 true
