#!/usr/bin/env bash
# Consul keeps the first reason of a maintenance: a second call with another reason answers 200 and changes nothing.
#
# Guess:   PUT agent/service/maintenance with enable=true and another reason replaces the reason.
# Happens: 200 and the first reason stays, for services and for the node. Only after an end of the maintenance the next reason is taken, and
#          in between the instance is in service.
# Seen:    Consul 1.8.7 (Debian bullseye); alike 1.14.11. Source: Consul HTTP API, agent/service/maintenance, "reason".
# Matters: who hands a machine over ("disk full" to "being replaced") leaves a wrong reason for whoever looks next, and a script that corrects it by
#          false and true lets traffic in for a moment.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul

reasons() { curl -s 127.0.0.1:24580/v1/agent/checks | python3 -c 'import json, sys
print(", ".join(sorted(c["Notes"] for c in json.load(sys.stdin).values() if "maintenance" in c["CheckID"])))'; }
api PUT /agent/service/register '{"ID": "web-1", "Name": "web", "Port": 80}' >/dev/null
maintain() { api PUT "/agent/$1maintenance$2" | xargs; }
expect "service, first reason" "$(maintain service/ '/web-1?enable=true&reason=first')" 200
expect "service, second reason" "$(maintain service/ '/web-1?enable=true&reason=second')" 200
expect "reason now" "$(reasons)" first
maintain service/ '/web-1?enable=false' >/dev/null
maintain service/ '/web-1?enable=true&reason=second' >/dev/null
expect "after an end" "$(reasons)" second
maintain service/ '/web-1?enable=false' >/dev/null
expect "node, first reason" "$(maintain '' '?enable=true&reason=first')" 200
expect "node, second reason" "$(maintain '' '?enable=true&reason=second')" 200
expect "reason of the node now" "$(reasons)" first
