#!/usr/bin/env bash
# Attacks a server of its own and compares what was measured with a goal; fails where a goal is missed.
#   [TEGL=BINARY] [SCALE=1] benches/attack.sh [ROW…]      --help lists the rows
# Masters are made once, in target/bench/attack. PostgreSQL and Chromium are needed for one row each.
set -euo pipefail
cd "$(dirname "$0")/.."
export TEGL=${TEGL:-${CARGO_TARGET_DIR:-target}/release/tegl}
export BENCH_DIR=${BENCH_DIR:-target/bench}
# Ten thousand connections need as many descriptors, and half of that is the server's.
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
exec python3 benches/attack/main.py "$@"
