#!/usr/bin/env bash
# Two Consul services whose ids differ in case only are one in the catalog, and each takes the other away when it leaves.
#
# Guess:   "Api-1" and "api-1" are two instances, as the agent lists them, or the second is refused.
# Happens: both are registered (200), the agent has both, the catalog has one of them. When one is deregistered, the catalog has none, although the agent
#          still has the other: for a minute or more, until the agent's next full comparison with the catalog puts it back.
# Seen:    Consul 1.8.7 (Debian bullseye), back after 72 s; alike 1.14.11, 91 s. Source: Consul, "anti-entropy".
# Matters: ids made of host names or of what a user typed differ in case easily; the healthy twin loses its traffic, and every look at the agent says that
#          all is well.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul

ids() { python3 -c 'import json, sys
a = json.load(sys.stdin); print(sorted(a) if isinstance(a, dict) else [e["ServiceID"] for e in a])'; }
agent() { curl -s 127.0.0.1:24580/v1/agent/services | ids; }
catalog() { curl -s 127.0.0.1:24580/v1/catalog/service/api | ids; }
count_is() { [ "$(catalog | grep -oi api-1 | wc -l)" = "$1" ]; }

for id in Api-1 api-1; do expect "register $id" "$(api PUT /agent/service/register '{"ID": "'$id'", "Name": "api"}' | xargs)" 200; done
until_true 10 count_is 1
sleep 2
expect "services of the agent" "$(agent)" "['Api-1', 'api-1']"
expect "services of the catalog" "$(catalog | tr A a)" "['api-1']"
api PUT /agent/service/deregister/Api-1 >/dev/null
until_true 10 count_is 0
sleep 3
expect "services of the agent after one has left" "$(agent)" "['api-1']"
expect "services of the catalog after one has left" "$(catalog)" "[]"
