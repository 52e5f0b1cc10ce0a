#!/usr/bin/env bash
# The engines that run models: time of one thread, memory, and how far their numbers differ.
#   [RUNS=40] [THREADS=1] [ENGINE=both] benches/engines.sh LIBRARY MODEL.onnx=SIDE…
# LIBRARY is that of ONNX Runtime; each model takes a picture of SIDE x SIDE pixels, [1, 3, SIDE, SIDE]. ENGINE may be
# `rten` or `onnxruntime`, whose memory is then its own.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}/bench-engines
cargo build --quiet --release --manifest-path benches/engines/Cargo.toml --target-dir "$target"
"$target/release/tegl-bench-engines" "${RUNS:-40}" "${THREADS:-1}" "${ENGINE:-both}" "$@"
