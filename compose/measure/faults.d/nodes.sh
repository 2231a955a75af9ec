# shellcheck shell=bash
# shellcheck disable=SC2034 # POOL_EXCEPT is read by lib/pool.sh
# Nodes that break. Sourced by compose/measure/faults and compose/measure/soak.

FAULTS+=(
  "kill|3|0|-|0|a node is killed (SIGKILL)"
  "freeze|3|-|-|0|a node is stopped (SIGSTOP) for 20 s and continued"
  "unwell|3|0|0|0|a node answers 500 to its health check for 10 s"
)

fault_kill() {
  local node
  node=$(node_ids | head -n 1)
  strike
  quietly docker kill "$node"
  await_pool 3 out
  quietly docker start "$node"
  strike
  await_pool 60 back
}

fault_freeze() {
  local node out
  node=$(node_ids | head -n 1)
  POOL_EXCEPT=$node
  strike
  quietly docker kill -s STOP "$node"
  await_pool 3 out
  out=$(date +%s%3N)
  sleep 15 # more than the longest that a client waits: what hangs has failed by then
  POOL_EXCEPT=''
  strike
  quietly docker kill -s CONT "$node"
  await_pool 30 back
  besides 'none failed that began once it was out' test "$(failed_since "$out")" -eq 0
}

fault_unwell() {
  local node
  node=$(node_ids | head -n 1)
  POOL_EXCEPT=$node
  strike
  curl -sf --max-time 5 -X POST "http://$(node_address "$node")/trial/unwell?for=10s" >>"$LOG"
  await_pool 5 out
  POOL_EXCEPT=''
  strike
  await_pool 15 back
}
