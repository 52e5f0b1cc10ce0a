#!/usr/bin/env bash
# The loop of a developer: how long a change takes until its tests begin, in the development profile.
#
#   benches/loop.sh      a change in a web handler, and one in the scaling of pixels; each is undone afterwards
set -euo pipefail
cd "$(dirname "$0")/.."

measure() {
  local name=$1 file=$2 before
  before=$(mktemp)
  cp -p "$file" "$before"
  trap 'cp -p "$before" "$file"' EXIT
  # A change that no incremental build can ignore: each function begins with a call that cannot be removed.
  sed -E -i 's/^( *)(let [a-z_]+ = .*;)$/\1let _ = std::hint::black_box(1);\n\1\2/' "$file"
  printf '%s (%s, %s lines added)\n' "$name" "$file" "$(($(wc -l <"$file") - $(wc -l <"$before")))"
  time cargo test --locked --no-run --quiet
  cp -p "$before" "$file"
  rm "$before"
  trap - EXIT
}

cargo test --locked --no-run --quiet
TIMEFORMAT='  %1R s, %1U s of CPU'
measure 'a web handler' src/web/iiif/image.rs
measure 'the pixels' src/pixels/scale.rs
