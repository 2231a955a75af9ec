#!/usr/bin/env bash
# A service that is written into Consul's catalog under the name of a node with an agent vanishes within two minutes.
#
# Guess:   catalog/register on a node that has an agent works as on any other node: what is written stays until catalog/deregister.
# Happens: 200, and the service is gone after the agent's next full synchronisation (once a minute and some jitter in a small cluster): the agent removes from its node
#          what was not registered with the agent. Under a node without an agent it stays.
# Seen:    Consul 1.8.7 (Debian bullseye); alike 1.14.11. Source: Consul documentation, anti-entropy.
# Matters: a script that registers an external or legacy service "on this machine" by the catalog works when it is tried, and the pool is empty a minute later, without a
#          line in any log of the script. Use the agent's API, or a node name that no agent has.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul

node=$(curl -s 127.0.0.1:24580/v1/agent/self | python3 -c 'import json, sys; print(json.load(sys.stdin)["Config"]["NodeName"])')
write() { api PUT /catalog/register '{"Node": "'"$1"'", "Address": "127.0.0.1", "Service": {"Service": "'"$2"'", "Port": 80}}' | xargs; }
found() { curl -s "127.0.0.1:24580/v1/catalog/service/$1" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'; }
gone() { [ "$(found "$1")" = 0 ]; }

expect "on the agent's node" "$(write "$node" here)" "true 200"
expect "on a node without an agent" "$(write elsewhere there)" "true 200"
until_true 150 gone here
expect "found after some time" "$(found here), $(found there)" "0, 1"
