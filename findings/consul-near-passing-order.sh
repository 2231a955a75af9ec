#!/usr/bin/env bash
# `?near` with `?passing` puts the farthest instance first as soon as the nearest fails.
#
# Guess:   the passing instances, nearest first.
# Happens: Consul sorts by distance and then takes out those that do not pass by moving the last of the list into each gap: with the nearest critical,
#          the farthest comes first and the second nearest after it. A filter on Checks.Status keeps the order.
# Seen:    Consul 1.8.7 (Debian bullseye); alike 1.14.11. Source: Consul HTTP API, health/service, "near" and "passing".
# Matters: a client that takes the first entry goes to the other end of the world exactly when the instance beside it fails.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul

node() { # NAME SECONDS-AWAY STATUS: a node of the catalog with an instance of "db"
  api PUT /catalog/register '{"Node": "'"$1"'", "Address": "127.0.0.2", "Service": {"ID": "db", "Service": "db"},
    "Check": {"CheckID": "service:db", "Name": "db", "ServiceID": "db", "Status": "'"$3"'"}}' >/dev/null
  api PUT /coordinate/update '{"Node": "'"$1"'", "Coord": {"Vec": ['"$2"', 0, 0, 0, 0, 0, 0, 0], "Error": 1, "Adjustment": 0, "Height": 0.00001}}' >/dev/null
}
nodes() { curl -s "127.0.0.1:24580/v1/health/service/db?$1" | python3 -c 'import json, sys; print(" ".join(e["Node"]["Node"] for e in json.load(sys.stdin)))'; }
coordinates() { [ "$(curl -s 127.0.0.1:24580/v1/coordinate/nodes | grep -o '"d-[a-z]*"' | sort -u | wc -l)" = 4 ]; }

node d-near 0.01 passing
node d-second 0.02 passing
node d-third 0.03 passing
node d-far 0.9 passing
until_true 20 coordinates
expect "all pass" "$(nodes 'near=d-near&passing')" "d-near d-second d-third d-far"
node d-near 0.01 critical
expect "the nearest is critical, passing" "$(nodes 'near=d-near&passing')" "d-far d-second d-third"
expect "the nearest is critical, filter" "$(nodes 'near=d-near&filter=Checks.Status+!=+critical')" "d-second d-third d-far"
