#!/usr/bin/env bash
# Prints what the tests listed in $TEGL_NOT_PROVEN: all that could not be proven on this machine.
[ -s "${TEGL_NOT_PROVEN:-}" ] || { echo "Every test that began had all that it needs."; exit 0; }
echo
echo "NOT PROVEN on this machine (TEGL_REQUIRE=all turns these into failures):"
sort -u "$TEGL_NOT_PROVEN" | sed 's/^/  - /'
