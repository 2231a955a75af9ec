#!/usr/bin/env bash
# Asked for a peer's instances, a Consul from before peering answers with its own.
#
# Guess:   a query parameter that the agent does not know (peer, partition, merge-central-config …) is refused with 400, as an unknown field in the body
#          of a registration is; or the answer is empty.
# Happens: it is ignored, also where it is misspelt: the answer to ?peer=east holds the agent's own instances, with status 200 and no header or field that
#          tells. ?passingonly is ignored alike, so critical instances are in the answer. A datacenter that does not exist is an error.
# Seen:    Consul 1.8.7 (Debian bullseye). Source: agent/http.go and agent/health_endpoint.go read the parameters that they know.
# Matters: a balancer that falls back to a peer's instances, with an agent that is older than peering (1.13), sends that traffic to the failing local pool.
#          Take only instances whose service says PeerName, which agents with peering send.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul
api PUT /agent/service/register '{"ID": "up", "Name": "web", "Port": 80, "Check": {"TTL": "10m", "Status": "passing"}}' >/dev/null
api PUT /agent/service/register '{"ID": "down", "Name": "web", "Port": 81, "Check": {"TTL": "10m", "Status": "critical"}}' >/dev/null
found() { api GET "/health/service/web?$1" | sed '$d' | python3 -c 'import json, sys; print(*sorted(each["Service"]["ID"] for each in json.load(sys.stdin)))'; }
own() { [ "$(found passing)" = up ]; }
until_true 10 own
expect "passing" "$(found passing)" "up"
expect "passing of a peer" "$(found 'passing&peer=east')" "up"
expect "fields of it that name the peer" "$(api GET '/health/service/web?peer=east' | grep -ci peer || true)" "0"
expect "a misspelt passing" "$(found passingonly)" "down up"
expect "an unknown field in a body" "$(api PUT /agent/service/register '{"Name": "web", "PeerName": "east"}' | tail -n 1)" "400"
expect "an unknown datacenter" "$(api GET '/health/service/web?dc=nowhere' | tail -n 1)" "500"
