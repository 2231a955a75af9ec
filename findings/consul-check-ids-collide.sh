#!/usr/bin/env bash
# Consul names a service's checks by number, and takes another service's check for its own if the ids add up.
#
# Guess:   a check belongs to the service it was registered with; ids of services cannot collide with ids of checks.
# Happens: the checks of service "web" become "service:web:1", "service:web:2"; the one check of a service with the id "web:1" becomes "service:web:1" too.
#          The later registration takes the check over without an error, and when "web:1" leaves, the check goes with it: "web" passes though
#          nothing said so.
# Seen:    Consul 1.8.7 (Debian bullseye); alike 1.14.11. Source: Consul HTTP API, agent/service/register, "Checks" and "CheckID".
# Matters: ids of the form name:number are usual, and an instance whose check is lost gets traffic when it is dead.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul

checks() { curl -s 127.0.0.1:24580/v1/agent/checks | python3 -c 'import json, sys
print(", ".join(sorted(c["CheckID"] + " of " + c["ServiceID"] + " " + c["Status"] for c in json.load(sys.stdin).values())))'; }
passing() { curl -s '127.0.0.1:24580/v1/health/service/web?passing' | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'; }
is_passing() { [ "$(passing)" = 1 ]; }

api PUT /agent/service/register '{"ID": "web", "Name": "web", "Checks": [{"TTL": "10m"}, {"TTL": "10m", "Status": "passing"}]}' >/dev/null
expect "at first" "$(checks)" "service:web:1 of web critical, service:web:2 of web passing"
expect "passing instances of web" "$(passing)" 0
expect "registering web:1" "$(api PUT /agent/service/register '{"ID": "web:1", "Name": "other", "Check": {"TTL": "10m"}}' | xargs)" 200
expect "now" "$(checks)" "service:web:1 of web:1 critical, service:web:2 of web passing"
expect "deregistering web:1" "$(api PUT /agent/service/deregister/web:1 | xargs)" 200
expect "then" "$(checks)" "service:web:2 of web passing"
until_true 10 is_passing
expect "passing instances of web, of whose two checks one was never passed" "$(passing)" 1
