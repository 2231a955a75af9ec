#!/usr/bin/env bash
# A blocking query of Consul with a filter ends at changes that the filter leaves out.
#
# Guess:   a query that blocks with `filter=Service.ID == "a"` waits until what the filter lets through has changed.
# Happens: it ends at any change of the service, with the same answer as before and a new index.
# Seen:    Consul 1.8.7 (Debian bullseye); alike 1.14.11. Source: Consul HTTP API, blocking queries ("no guarantee of a change"), filtering.
# Matters: filters make answers smaller, not rarer: a thousand watchers of one instance each of a busy pool are a thousand answers for every change. A watcher
#          must compare answers itself.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul

# wait_for SERVICE FILTER CHANGE...: how a query that blocks for 20 s ends when CHANGE is made.
wait_for() {
  local url="127.0.0.1:24580/v1/health/service/$1?filter=$2" index
  index=$(curl -s -D - -o /dev/null "$url" | tr -d '\r' | awk 'tolower($1) == "x-consul-index:" { print $2 }')
  curl -s -o before "$url"
  curl -s -m 30 -o after -w '%{time_total}' "$url&index=$index&wait=20s" >took &
  local query=$!
  sleep 1
  "${@:3}" >/dev/null
  wait "$query"
  python3 -c 'print("at the change" if float(open("took").read()) < 10 else "at the end of the wait", "with the same answer" if open("before").read() == open("after").read() else "with another answer")'
}
register() { api PUT /agent/service/register '{"ID": "'"$2"'", "Name": "'"$1"'", "Port": 80}'; }

register web a >/dev/null
register web b >/dev/null
sleep 2
expect "nothing changes" "$(wait_for web 'Service.ID==a' true)" "at the end of the wait with the same answer"
expect "another instance joins" "$(wait_for web 'Service.ID==a' register web c)" "at the change with the same answer"
expect "another instance goes" "$(wait_for web 'Service.ID==a' api PUT /agent/service/deregister/c)" "at the change with the same answer"
