#!/usr/bin/env bash
# Overload: how much is still answered at ten times the capacity, how refusals are answered, and what stored tiles, manifests
# and searches notice of it. Prints a table; exits with 1 if a goal is missed.
#   [TEGL=BINARY] [ROWS="regions store floods"] [SECONDS_PER_ROW=15] [MODES="on off"] [FLOODS="region full2000 max build"] \
#     benches/overload.sh
# Requests are sent at a fixed rate, and measured from the time when they were to be sent (benches/overload/load.rs). The
# server has all processors but the last, which the load generator has. Each row is repeated with `work.admission = "off"`;
# the mode `unset` is for builds without that setting.
# The masters are made once, with vips, in target/bench/overload: 300 megapixels in tiles, and 27 megapixels in strips under
# sixteen names, whose pyramids are built when they are requested.
set -euo pipefail
cd "$(dirname "$0")/.."
TEGL=${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}
folder=${BENCH_DIR:-target/bench}/overload
mkdir -p "$folder/masters"
rustc -O --edition 2024 benches/overload/load.rs -o "$folder/load"
if [ ! -e "$folder/masters/a.tif" ]; then
  rm -f "$folder"/masters/*
  for band in r g b; do vips gaussnoise "$folder/$band.v" 2500 1875 --mean 128 --sigma 40; done
  vips bandjoin "$folder/r.v $folder/g.v $folder/b.v" "$folder/small.v"
  vips cast "$folder/small.v" "$folder/bytes.v" uchar
  vips copy "$folder/bytes.v" "$folder/color.v" --interpretation srgb
  vips resize "$folder/color.v" "$folder/masters/s0.tif" 2.4
  for number in {1..15}; do ln "$folder/masters/s0.tif" "$folder/masters/s$number.tif"; done
  vips resize "$folder/color.v" "$folder/large.v" 8
  vips tiffsave "$folder/large.v" "$folder/part.tif" --tile --tile-width 256 --tile-height 256 --pyramid --compression jpeg --Q 85
  mv "$folder/part.tif" "$folder/masters/a.tif"
  rm "$folder"/*.v
fi
exec python3 benches/overload/run.py "$(realpath "$TEGL")" "$folder" "${SECONDS_PER_ROW:-15}" ${ROWS:-regions store floods}
