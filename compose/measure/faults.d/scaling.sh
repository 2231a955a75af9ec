# shellcheck shell=bash
# shellcheck disable=SC2034 # POOL_EXCEPT is read by lib/pool.sh
# Nodes that come and go as they should, and parts that are replaced. Sourced by compose/measure/faults and compose/measure/soak.

FAULTS+=(
  "scale|5|0|0|0|5 → 20 → 2 → 5 nodes, three times over"
  "drain|3|0|0|5|a node gets SIGTERM while requests that take 3 s are in flight on it"
  "rolling|3|0|0|0|every node replaced by one of a new image, one after the other"
  "update|3|0|0|5|a new image of web-node, and compose/up"
  "plain|3|0|0|5|a new image of web-node, and the plain commands of the README"
  "settings|3|0|0|5|a setting of lb-renderer changed, and compose/up"
  "balancer|3|-|-|0|a setting of HAProxy changed, and compose/up"
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

# next_image — from now on nodes are made of another image, each time of another.
next_image() {
  printf 'FROM %s\nLABEL dev.rollcall.faults=%s\n' "$WEB_NODE_IMAGE" "$EPOCHREALTIME" | docker build -q -t "$NEXT_IMAGE" - >>"$LOG" 2>&1
  WEB_NODE_IMAGE=$NEXT_IMAGE
}

# up N — compose/up on this copy.
up() { ROLLCALL_OVERLAY=$MEASURE/faults.d/faults.yml quietly "$HERE/up" "$1" --no-build; }

# are_of IMAGE — every node is.
are_of() { [ "$(node_ids | xargs docker inspect -f '{{.Image}}' | sort -u)" = "$(docker image inspect -f '{{.Id}}' "$1")" ]; }

# is_container SERVICE ID — it is the same container.
is_container() { [ "$(container "$1")" = "$2" ]; }

is_another_container() { ! is_container "$@"; }

fault_rolling() {
  local old node count
  next_image
  old=$(node_ids)
  count=$(grep -c . <<<"$old")
  strike
  for node in $old; do
    quietly stack up -d --no-recreate --no-deps --scale "web-node=$((count + 1))" web-node
    await_pool 60 more
    strike
    quietly docker stop -t 30 "$node"
    quietly docker rm "$node"
    await_pool 60 less
    strike
  done
}

fault_update() {
  local haproxy
  haproxy=$(container haproxy)
  next_image
  up 3
  strike
  await_pool 5
  besides 'every node of the new image' are_of "$NEXT_IMAGE"
  besides 'the same HAProxy' is_container haproxy "$haproxy"
  besides 'pool never below 3' pool_never_below 3
}

fault_plain() {
  local node old
  old=$(node_ids)
  next_image
  strike
  quietly stack up -d --no-recreate --scale web-node=6
  await_pool 60 'old and new'
  for node in $old; do quietly docker stop "$node" && quietly docker rm "$node"; done
  strike
  await_pool 5 'new alone'
  besides 'every node of the new image' are_of "$NEXT_IMAGE"
  besides 'pool never below 3' pool_never_below 3
}

fault_settings() {
  local haproxy renderer
  haproxy=$(container haproxy) renderer=$(container lb-renderer)
  TRIAL_SETTING=$EPOCHREALTIME up 3
  strike
  await_pool 5
  besides 'another lb-renderer' is_another_container lb-renderer "$renderer"
  besides 'the same HAProxy' is_container haproxy "$haproxy"
  besides 'pool never below 3' pool_never_below 3
}

fault_balancer() {
  local haproxy
  haproxy=$(container haproxy)
  TRIAL_BALANCER=$EPOCHREALTIME up 3
  strike
  await_pool 5
  besides 'another HAProxy' is_another_container haproxy "$haproxy"
}
