# shellcheck shell=bash
# Consul as a cluster of three servers, for as long as it takes. Sourced by compose/measure/faults and compose/measure/soak.

FAULTS+=(
  "leader|3|0|0|0|of three Consul servers the leader is killed (SIGKILL), which all use; a node joins meanwhile; started again|alone"
)

export CONSUL_SERVERS=http://consul:8500

# The system with three servers.
cluster() { stack -f "$MEASURE/faults.d/cluster.yml" "$@"; }

server_id() { cluster ps -aq "$1" | head -n 1; }

# ask_server SERVER PATH — of the server itself: it may be any of the three that answers.
ask_server() { curl -sf --max-time 2 "http://$(address_of "$(server_id "$1")"):8500$2"; }

servers_are_whole() { ask_server "$1" /v1/operator/autopilot/health | grep -qE '"FailureTolerance": ?1'; }

# leader_by SERVER — which of the three leads, as that one sees it.
leader_by() {
  local leader server
  leader=$(ask_server "$1" /v1/status/leader | tr -d '"')
  for server in consul consul-2 consul-3; do
    if [ "$leader" = "$(address_of "$(server_id $server)"):8300" ]; then echo $server; fi
  done
}

leads_not() { [[ "$(leader_by "$1")" =~ ^consul && "$(leader_by "$1")" != "$2" ]]; }

# passing_by SERVER N — so many nodes pass, each counted once.
passing_by() { [ "$(ask_server "$1" '/v1/health/service/web?passing' | grep -o '"ServiceID": *"web-[^"]*"' | sort -u | wc -l)" -eq "$2" ]; }

# renew STACK — lb-renderer and every node by that stack's settings; no node leaves before the new ones serve.
renew() {
  local old count
  quietly "$1" up -d --no-deps lb-renderer
  await 30 is_ready || shortfall 'lb-renderer not ready after its settings changed'
  old=$(node_ids)
  count=$(grep -c . <<<"$old")
  strike
  quietly "$1" up -d --no-recreate --no-deps --scale "web-node=$((2 * count))" web-node
  await_pool 90 "$((2 * count)) nodes"
  strike
  # shellcheck disable=SC2086 # one word an id
  quietly docker stop -t 30 $old
  # shellcheck disable=SC2086
  quietly docker rm $old
  await_pool 60 "$count nodes"
}

# replace_consul STACK SERVICE… — all servers go, and those of that stack come, with no data.
replace_consul() {
  quietly cluster rm -fsv consul consul-2 consul-3
  quietly "$1" up -d --no-deps "${@:2}"
}

begin_cluster() {
  local leader server
  replace_consul cluster consul consul-2 consul-3
  await 60 servers_are_whole consul || shortfall 'no cluster of three servers within 60 s'
  await 30 consul_has 3 || shortfall 'not all registered with the cluster within 30 s'
  strike
  await_pool 5 '3 servers'
  # The hard case: the agent that everybody prefers is the one that leads, and is lost.
  leader=$(leader_by consul)
  CONSUL_SERVERS=http://$leader:8500
  for server in consul consul-2 consul-3; do [ "$server" = "$leader" ] || CONSUL_SERVERS+=,http://$server:8500; done
  renew cluster
}

end_cluster() {
  CONSUL_SERVERS=http://consul:8500
  renew stack
  replace_consul stack consul
  await 60 consul_has 4 || shortfall 'not all registered with the one Consul within 60 s'
  strike
  await_pool 30 '1 server' # of whom few are missing yet, the guard believes that they are lost
}

fault_leader() {
  local leader survivor=consul
  begin_cluster
  leader=$(leader_by consul)
  [ "$leader" != consul ] || survivor=consul-2
  quietly docker kill "$(server_id "$leader")"
  besides 'another leads within 15 s' await 15 leads_not "$survivor" "$leader"
  besides 'all pass by the others within 30 s' await 30 passing_by "$survivor" 3
  besides 'lb-renderer is well within 30 s' await 30 is_whole
  strike
  await_pool 5 'without the leader'
  quietly cluster up -d --no-recreate --no-deps --scale web-node=4 web-node
  strike
  await_pool 60 "with a node that joined"
  quietly docker start "$(server_id "$leader")"
  besides 'three servers again within 120 s' await 120 servers_are_whole "$survivor"
  besides 'each node passes once' await 60 passing_by "$survivor" 4
  strike
  await_pool 5 'started again'
  end_cluster
  # The node whose beat comes last may be missed for as long as that takes.
  besides 'pool never below 2' pool_never_below 2
}
