#!/usr/bin/env bash
# Makes what the side-by-side run needs, once, in $BENCH_DIR: the masters, their pyramids, static tiles, the peers.
#   BENCH_DIR=DIR HARNESS=../shared/bench benches/prepare.sh
# About 2 GB and three minutes. The masters are mosaics of the photographs in a Debian package.
set -euo pipefail
harness=$(realpath "$HARNESS")
mkdir -p "$BENCH_DIR"
cd "$BENCH_DIR"
mkdir -p masters static node

# once RESULT COMMAND...: COMMAND writes RESULT, in another folder until it is whole.
once() {
  local result=$1 part=part/$1
  shift
  [ -e "$result" ] && return
  echo "making $result" >&2
  rm -rf "$part"
  mkdir -p "${part%/*}"
  "$@" "$part"
  mv "$part" "$result"
}

photographs() {
  mkdir -p debs
  (cd debs && apt-get download -q plasma-workspace-wallpapers colord-data)
  mkdir -p "$1"
  local package
  for package in debs/*.deb; do dpkg-deb -x "$package" "$1"; done
}

# libvips: below Q 90 the tiles are YCbCr 4:2:0.
tiled() { vips tiffsave "masters/$1_strip.tif" "$4" --tile --tile-width "$2" --tile-height "$2" --pyramid --compression jpeg --Q "$3"; }
deflate() { vips tiffsave masters/m8k_strip.tif "$1" --tile --tile-width 256 --tile-height 256 --pyramid --compression deflate --predictor horizontal; }
jp2() {
  vips ppmsave masters/m8k_strip.tif m8k.ppm
  opj_compress -i m8k.ppm -o "$1" -t 1024,1024 -n 6 -r 10 -p RPCL -c '[256,256],[256,256],[128,128]' -PLT -TP R >/dev/null
  rm m8k.ppm
}
static() { vips dzsave masters/m20k_strip.tif "$1" --layout iiif3 --tile-size 256 --suffix '.jpg[Q=85]'; }

if [ ! -x venv/bin/python ] || ! venv/bin/python -c 'import pyvips' 2>/dev/null; then
  rm -rf venv
  python3 -m venv venv
  venv/bin/pip install -q --disable-pip-version-check pyvips pyvips-binary
fi
if [ ! -e node/node_modules/sharp ]; then
  (cd node && npm init -y >/dev/null && npm install --no-audit --no-fund --loglevel=error iiif-processor sharp)
fi
if [ ! -e masters/m20k_strip.tif ] || [ ! -e masters/m8k_strip.tif ]; then
  [ -d src ] || photographs src
  rm -rf part
  ADOBE_ICC=$(find src -name AdobeRGB1998.icc) venv/bin/python "$harness/make_masters.py" src part
  mv part/* masters/
fi
once masters/m20k_t256_q85.tif tiled m20k 256 85
once masters/m20k_t512_q85.tif tiled m20k 512 85
once masters/m8k_t256_deflate.tif deflate
once masters/m8k.jp2 jp2
once static/m20k_dz256 static
