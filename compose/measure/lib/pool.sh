# shellcheck shell=bash
# Whom HAProxy sends requests to, against whom it should. Sourced, never run.

POOL_EXCEPT='' # the id of a node that runs but should get no request

# One line a server of the pool that HAProxy calls up: its address and port.
pool_up() {
  curl -s --max-time 2 -u "$STATS_USER:$STATS_PASSWORD" "http://127.0.0.1:$STATS_PORT/haproxy_stats;csv" | awk -F , '
    NR == 1 {for (i = 1; i <= NF; i++) column[$i] = i; next}
    $1 == "web" && $2 != "BACKEND" && $column["status"] ~ /^UP/ {print $column["addr"]}' | sort
}

# container SERVICE — the id of its first container.
container() { stack ps -q "$1" | head -n 1; }

# The ids of the nodes that run, oldest first.
node_ids() {
  docker ps -q --no-trunc --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    --filter label=com.docker.compose.service=web-node --filter status=running | tac
}

node_address() { docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}:8080' "$@"; }

pool_wanted() {
  local ids
  ids=$(node_ids | grep -v "${POOL_EXCEPT:-none}")
  # shellcheck disable=SC2086 # one word an id
  [ -z "$ids" ] || node_address $ids | sort
}

pool_is_right() {
  local wanted
  wanted=$(pool_wanted)
  [ -n "$wanted" ] && [ "$(pool_up)" = "$wanted" ]
}

# Watches how many servers are up, into a file, until it is killed.
watch_pool() {
  while kill -0 $$ 2>/dev/null; do
    pool_up | grep -c . >>"$1" || true
    sleep 0.5
  done
}
