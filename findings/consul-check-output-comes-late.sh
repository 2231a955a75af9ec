#!/usr/bin/env bash
# What a check says reaches Consul's catalog minutes later, as long as its status stays the same.
#
# Guess:   PUT agent/check/update with a new "Output" is seen in health/checks at once, as a new "Status" is.
# Happens: the agent has it at once, the catalog only after `check_update_interval`, 5 minutes by default, some jitter included; a development agent
#          behaves alike. A change of the status takes the output along at once. With an interval of 0s each output is written at once.
# Seen:    Consul 1.8.7 (Debian bullseye); alike 1.14.11. Source: Consul agent configuration, "check_update_interval".
# Matters: the text in a dashboard or in a load balancer's log is that of some minutes ago: "pool 91 % full" stays while it is at 99 %. Who needs the text of
#          now asks the agent that runs the check.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul

report() { api PUT /agent/check/update/load '{"Status": "'"$1"'", "Output": "'"$2"'"}' >/dev/null; }
agent() { curl -s 127.0.0.1:24580/v1/agent/checks | python3 -c 'import json, sys; print(json.load(sys.stdin)["load"]["Output"])'; }
catalog() { curl -s 127.0.0.1:24580/v1/health/checks/web | python3 -c 'import json, sys; print("".join(c["Output"] for c in json.load(sys.stdin)))'; }
catalog_has() { [ "$(catalog)" = "$1" ]; }

api PUT /agent/service/register '{"Name": "web", "Port": 80, "Check": {"CheckID": "load", "TTL": "10m"}}' >/dev/null
report passing one
until_true 10 catalog_has one
expect "with a change of the status, in the catalog" "$(catalog)" one
report passing two
expect "then another output alone, at the agent" "$(agent)" two
sleep 5
expect "the same in the catalog, 5 s later" "$(catalog)" one
report warning three
until_true 10 catalog_has three
expect "with the next change of the status" "$(catalog)" three
