#!/usr/bin/env bash
# Starts Tegl for the load run, or starts it anew, and leaves its process in $PIDFILE.
#   TEGL=BINARY PORT=N IMAGE_DIR=DIR PIDFILE=FILE benches/serve.sh [stop]
set -euo pipefail

if [ -e "$PIDFILE" ]; then
  old=$(<"$PIDFILE")
  rm -f "$PIDFILE"
  kill "$old" 2>/dev/null || true
  for ((i = 0; i < 200; i++)); do kill -0 "$old" 2>/dev/null || break; sleep 0.05; done
  kill -9 "$old" 2>/dev/null || true
fi
[ "${1:-}" = stop ] && exit

TEGL__OPERATIONS__LISTEN=127.0.0.1:$((PORT + 1)) setsid "$TEGL" serve --listen "127.0.0.1:$PORT" "$IMAGE_DIR" >>"$PIDFILE.log" 2>&1 </dev/null &
echo $! >"$PIDFILE"
for ((i = 0; i < 200; i++)); do
  kill -0 "$(<"$PIDFILE")" 2>/dev/null || break
  { exec 3<>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null && exit
  sleep 0.05
done
echo "Tegl does not start; see $PIDFILE.log" >&2
exit 1
