# shellcheck shell=bash
# shellcheck disable=SC2034 # POOL_EXCEPT is read by lib/pool.sh
# Networks that lose packets. Sourced by compose/measure/faults and compose/measure/soak.

FAULTS+=(
  "cut|3|0|0|0|the network between a node and Consul cut for 30 s, and healed"
  "apart|3|0|0|0|the network between lb-renderer and Consul cut; a node joins meanwhile; healed"
)

# packet_filter — iptables and nsenter, which need root on the machine of the engine. For prepare_NAME.
packet_filter() {
  local missing=()
  is_root || die "$EXIT_MISSING" "to drop packets this must run as root; or leave out cut, apart and flap"
  [ -z "${DOCKER_HOST:-}" ] || die "$EXIT_MISSING" "to drop packets the Docker engine must be on this machine; unset DOCKER_HOST, or leave out cut, apart and flap"
  command -v iptables >/dev/null || missing+=(iptables)
  command -v nsenter >/dev/null || missing+=(util-linux)
  [ ${#missing[@]} -gt 0 ] || return 0
  is_debian || die "$EXIT_MISSING" "please install ${missing[*]} (on Debian, this script does)"
  step "apt-get update" apt_update
  step "apt-get install ${missing[*]}" apt_install "${missing[@]}"
}

prepare_cut() { packet_filter; }
prepare_apart() { packet_filter; }

# filter CONTAINER WORDS… — iptables in the container's own network, so that nobody else's packets count.
filter() { quietly nsenter -t "$(docker inspect -f '{{.State.Pid}}' "$1")" -n iptables -w 10 "${@:2}"; }

# separate CONTAINER ADDRESS, join CONTAINER ADDRESS — packets between the two vanish, both ways, also those of
# connections that are open: these hang, and nobody is told. And they pass again.
separate() { filter "$1" -I INPUT -s "$2" -j DROP && filter "$1" -I OUTPUT -d "$2" -j DROP; }
join() { filter "$1" -D INPUT -s "$2" -j DROP && filter "$1" -D OUTPUT -d "$2" -j DROP; }

address_of() { docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"; }

readonly TTL=15 FIRST_CRITICAL=8 # seconds; a node beats every 5, so Consul misses no beat before 9

fault_cut() {
  local node consul
  node=$(node_ids | head -n 1)
  consul=$(address_of "$(container consul)")
  separate "$node" "$consul"
  strike
  besides "in the pool for $FIRST_CRITICAL s more" stays $FIRST_CRITICAL pool_is_right
  POOL_EXCEPT=$node
  await_pool $((TTL + 3)) out
  sleep $((30 - TTL))
  join "$node" "$consul"
  POOL_EXCEPT=''
  strike
  await_pool $((2 * TTL / 3 + 1)) back # two beats, a tenth of each, and a second try at a connection
  besides 'pool never below 2' pool_never_below 2
}

# What lb-renderer tells tools: whether anything is wrong.
is_whole() { renderer_says | grep -qE '"degraded": ?false'; }

knows_it_is_blind() { renderer_says | grep -q 'service web may be out of date: Consul does not answer'; }

fault_apart() {
  local renderer consul
  renderer=$(container lb-renderer)
  consul=$(address_of "$(container consul)")
  separate "$renderer" "$consul"
  quietly stack up -d --no-recreate --no-deps --scale web-node=4 web-node
  await 120 consul_has 4 || shortfall 'no fourth node within 120 s'
  POOL_EXCEPT=$(node_ids | tail -n 1)
  besides '/status says within 45 s that Consul does not answer' await 45 knows_it_is_blind
  besides 'pool kept' stays 10 pool_is_right
  join "$renderer" "$consul"
  POOL_EXCEPT=''
  strike
  await_pool 15 "with the node that joined"
  besides 'degraded no more' await 15 is_whole
  besides 'pool never below 3' pool_never_below 3
}
