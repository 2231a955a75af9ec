#!/usr/bin/env bash
# A Consul service that is registered again with fewer checks keeps the old ones.
#
# Guess:   a registration replaces the one before under the same id, with its checks.
# Happens: the service is replaced, its checks are added to those it has. Going from two checks to one even changes the id of the first ("service:web:1"
#          becomes "service:web"), so all three stand side by side, and the old ones, which nobody updates any more, turn critical and stay so.
#          `?replace-existing-checks=true` cures it; `=1`, which is true elsewhere in the API (`?passing=1`), does nothing and is answered 200.
# Seen:    Consul 1.8.7 (Debian bullseye); alike 1.14.11. Source: Consul HTTP API, agent/service/register, "replace-existing-checks".
# Matters: an upgrade of a service that drops a check takes it out of every pool until somebody deregisters the left-over by hand.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul

checks() { curl -s 127.0.0.1:24580/v1/agent/checks | python3 -c 'import json, sys; print(" ".join(sorted(json.load(sys.stdin))))'; }
passing() { curl -s "127.0.0.1:24580/v1/health/service/web?passing=$1" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'; }
one='{"ID": "web", "Name": "web", "Check": {"TTL": "10m", "Status": "passing"}}'

api PUT /agent/service/register '{"ID": "web", "Name": "web", "Checks": [{"TTL": "3s", "Status": "passing"}, {"TTL": "3s", "Status": "passing"}]}' >/dev/null
expect "checks of the first registration" "$(checks)" "service:web:1 service:web:2"
expect "the second, with one check" "$(api PUT /agent/service/register "$one" | xargs)" 200
expect "checks" "$(checks)" "service:web service:web:1 service:web:2"
sleep 5
expect "passing instances when the old checks have lapsed" "$(passing 1)" 0
expect "again, replace-existing-checks=1" "$(api PUT '/agent/service/register?replace-existing-checks=1' "$one" | xargs)" 200
expect "checks" "$(checks)" "service:web service:web:1 service:web:2"
expect "again, replace-existing-checks=true" "$(api PUT '/agent/service/register?replace-existing-checks=true' "$one" | xargs)" 200
expect "checks" "$(checks)" "service:web"
