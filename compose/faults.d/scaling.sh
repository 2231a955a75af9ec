# shellcheck shell=bash
# shellcheck disable=SC2034 # POOL_EXCEPT is read by lib/pool.sh
# Nodes that come and go as they should. Sourced by compose/faults and compose/soak.

FAULTS+=(
  "scale|5|0|0|0|5 → 20 → 2 → 5 nodes, three times over"
  "drain|3|0|0|5|a node gets SIGTERM while requests that take 3 s are in flight on it"
  "rolling|3|0|0|0|every node replaced by one of a new image, one after the other"
)

# What lb-renderer says of itself.
renderer_says() { curl -s --max-time 2 "http://127.0.0.1:$STATUS_PORT/status"; }

reloads() { renderer_says | sed -nE 's/.*"reloads": ?([0-9]+).*/\1/p' | head -n 1; }

no_reload_since() { [ "$(reloads)" = "$1" ]; }

fault_scale() {
  local before round
  before=$(reloads)
  for round in 1 2 3; do
    strike
    nodes 20
    await_pool 60 "20 nodes ($round)"
    strike
    nodes 2
    await_pool 60 "2 nodes ($round)"
    strike
    nodes 5
    await_pool 60 "5 nodes ($round)"
  done
  besides '0 reloads' no_reload_since "$before"
}

ended_in_order() { [ "$(docker inspect -f '{{.State.ExitCode}}' "$1")" = 0 ]; }

fault_drain() {
  local node
  node=$(node_ids | head -n 1)
  POOL_EXCEPT=$node
  strike
  quietly docker stop -t 30 "$node" &
  await_pool 3 out
  wait $!
  POOL_EXCEPT=''
  besides 'exit code 0' ended_in_order "$node"
  quietly docker start "$node"
  strike
  await_pool 60 back
}

fault_rolling() {
  local old node count
  printf 'FROM %s\nLABEL dev.rollcall.faults=next\n' "$WEB_NODE_IMAGE" | quietly_build
  old=$(node_ids)
  count=$(grep -c . <<<"$old")
  strike
  for node in $old; do
    WEB_NODE_IMAGE=$NEXT_IMAGE quietly stack up -d --no-recreate --no-deps --scale "web-node=$((count + 1))" web-node
    await_pool 60 more
    strike
    quietly docker stop -t 30 "$node"
    quietly docker rm "$node"
    await_pool 60 less
    strike
  done
}

quietly_build() { docker build -q -t "$NEXT_IMAGE" - >>"$LOG" 2>&1; }
