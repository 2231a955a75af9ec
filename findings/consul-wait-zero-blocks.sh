#!/usr/bin/env bash
# Consul takes a wait of zero for no wait given: it blocks for five minutes.
#
# Guess:   `?index=N&wait=0s` answers at once, as the shortest wait there is.
# Happens: zero and negative waits count as missing, so the default of five minutes holds; `wait=1s` answers after a second.
# Seen:    Consul 1.8.7 (Debian bullseye); alike 1.14.11. Source: Consul HTTP API, "Blocking queries".
# Matters: a client that computes the time it has left, or rounds 0.4 s down to whole seconds as consul-api's setWaitTime must, asks for no wait
#          and hangs far beyond its own limit.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul

api PUT /agent/service/register '{"ID": "web", "Name": "web"}' >/dev/null
sleep 5 # what the agent changes in the catalog after its start
index=$(curl -s -D - -o body '127.0.0.1:24580/v1/health/service/web' | tr -d '\r' | awk 'tolower($1) == "x-consul-index:" { print $2 }')
ask() { curl -s -m 12 -o body -w '%{http_code}' "127.0.0.1:24580/v1/health/service/web?index=$index&wait=$1" && echo " answered" || echo " no answer in 12 s"; }
expect "wait=1s" "$(ask 1s)" "200 answered"
expect "wait=0s" "$(ask 0s)" "000 no answer in 12 s"
expect "wait=-1s" "$(ask -1s)" "000 no answer in 12 s"
