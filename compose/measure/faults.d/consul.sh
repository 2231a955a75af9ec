# shellcheck shell=bash
# Consul and the renderer gone for a while, and what Consul should not say. Sourced by compose/measure/faults and compose/measure/soak.

FAULTS+=(
  "consul|3|0|0|0|Consul stopped for 60 s, and back with its data gone"
  "restart|3|0|0|0|Consul restarted with its data gone"
  "renderer|3|0|0|0|lb-renderer killed (SIGKILL); a node joins meanwhile; started again"
  "hostile|3|0|0|0|registrations in the same service that would break the configuration or point elsewhere"
)

readonly BEATS=15 # seconds; two of a node's beats, and a little for the agent to start

# consul_has N — so many instances pass.
consul_has() { [ "$(consul_get '/v1/health/service/web?passing' | grep -o '"ServiceID": *"web-[^"]*"' | sort -u | wc -l)" -ge "$1" ]; }

# pool_never_below N — so many servers were up, whenever it was looked.
pool_never_below() { [ "$(sort -n "$RECORD/pool" | head -n 1)" -ge "$1" ]; }

fault_consul() {
  quietly stack stop -t 5 consul
  sleep 60
  quietly stack start consul
  strike
  besides "Consul whole again within $BEATS s" await $BEATS consul_has 3
  await_pool $BEATS
  besides 'pool never below 3' pool_never_below 3
}

fault_restart() {
  strike
  quietly stack restart -t 5 consul
  besides "Consul whole again within $BEATS s" await $BEATS consul_has 3
  await_pool $((2 * BEATS))
  besides 'pool never below 3' pool_never_below 3
}

fault_renderer() {
  quietly docker kill "$(container lb-renderer)"
  quietly stack up -d --no-recreate --no-deps --scale web-node=4 web-node
  await 60 consul_has 4
  strike
  quietly stack start lb-renderer
  await_pool 10 "with the node that joined"
}

# register ID ADDRESS PORT — as anybody may who can reach Consul.
register() {
  consul_call /v1/agent/service/register -X PUT \
    -d "{\"ID\": \"$1\", \"Name\": \"web\", \"Address\": \"$2\", \"Port\": $3}" >>"$LOG"
}

# What stands in a register under such an id: Consul itself refuses some of them.
hostile_taken() { consul_get /v1/agent/services | grep -oE '"ID": ?"hostile-[a-z]+"' | sort -u | wc -l; }

hostile_named() {
  stack logs --no-log-prefix --no-color lb-renderer 2>>"$LOG" | grep -oE 'left out instance hostile-[a-z]+' | sort -u | wc -l
}

all_named() { [ "$(hostile_named)" -eq "$(hostile_taken)" ]; }

fault_hostile() {
  local id
  register hostile-line '198.18.0.9:80\n  server x 198.18.0.9' 80
  register hostile-word '198.18.0.9 backup' 80
  register hostile-socket '/run/haproxy/master.sock' 80
  register hostile-port '198.18.0.9' 0
  register hostile-hash '198.18.0.9#' 80
  strike
  besides "$(hostile_taken) of 5 taken by Consul, each named as left out" await 10 all_named
  strike
  await_pool 5
  for id in line word socket port hash; do
    consul_call "/v1/agent/service/deregister/hostile-$id" -X PUT >>"$LOG"
  done
}
