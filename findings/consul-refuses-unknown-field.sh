#!/usr/bin/env bash
# Consul's agent refuses a registration with a field that it does not know.
#
# Guess:   unknown fields are ignored, as Consul ignores unknown query parameters and as most JSON APIs do.
# Happens: 400 and the name of the field; the service is not registered. Names in another case ("PORT", "id") are taken, and so is snake case.
# Seen:    Consul 1.8.7 (Debian bullseye); alike 1.14.11. Source: Consul HTTP API, agent/service/register.
# Matters: a client that sends what only a newer Consul knows ("Locality" came with 1.17) cannot register at an older agent at all, so the agents
#          have to be upgraded before the services; a client must not send such a field even when it is empty.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul

answer() { api PUT "/agent/service/register$1" "$2" | xargs; }
expect "field of a later version" "$(answer '' '{"ID": "a", "Name": "web", "Locality": {"Region": "north"}}')" 'Request decode failed: json: unknown field Locality 400'
expect "the same, null" "$(answer '' '{"ID": "a", "Name": "web", "Locality": null}')" 'Request decode failed: json: unknown field Locality 400'
expect "unknown query parameter" "$(answer '?locality=north' '{"ID": "b", "Name": "web"}')" 200
expect "other case and snake case" "$(answer '' '{"id": "c", "NAME": "web", "enable_tag_override": true}')" 200
expect "registered" "$(curl -s 127.0.0.1:24580/v1/agent/services | python3 -c 'import json, sys; print(sorted(json.load(sys.stdin)))')" "['b', 'c']"
