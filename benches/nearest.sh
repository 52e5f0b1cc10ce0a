#!/usr/bin/env bash
# A search for the nearest vectors: time, memory, and recall of the ten nearest against floating point.
#   [COUNT=260000] [DIMENSION=1280] [THREADS=2] [QUERIES=200] benches/nearest.sh [FILE…]
# FILE holds vectors as 32-bit floats, little-endian, one after another; without it vectors are made, with the structure
# of embeddings and without any. The first QUERIES vectors are searched for and not held.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}/bench-nearest
cargo build --quiet --release --manifest-path benches/nearest/Cargo.toml --target-dir "$target"
[ $# -gt 0 ] || set -- clusters noise
for kind; do
  "$target/release/tegl-bench-nearest" "$kind" "${COUNT:-260000}" "${DIMENSION:-1280}" "${THREADS:-2}" "${QUERIES:-200}"
done
