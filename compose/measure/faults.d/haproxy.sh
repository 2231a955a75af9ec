# shellcheck shell=bash
# HAProxy itself and its configuration's directory. Sourced by compose/measure/faults and compose/measure/soak.

FAULTS+=(
  "worker|3|-|-|0|HAProxy's worker killed (SIGKILL), which ends the container: the engine starts it again"
  "haproxy|3|-|-|0|HAProxy's container restarted"
  "disk|3|0|0|0|the disk of the output directory full while a node joins; mended after 10 s"
  "readonly|3|0|0|0|the output directory and the file in it read-only while a node joins; mended after 10 s"
)

serves() { [ "$(curl -s --max-time 1 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$HTTP_PORT/")" = 200 ]; }

fault_worker() {
  # shellcheck disable=SC2016 # for the container's shell
  quietly docker exec "$(container haproxy)" bash -c 'for f in /proc/[0-9]*/stat; do read -r pid _ _ parent _ <"$f"; if [ "$parent" = 1 ] && [ "$pid" != $$ ]; then kill -9 "$pid"; fi; done'
  strike
  # Not the old one in the instant before it is gone.
  await 5 stats_are_shut || true
  besides 'serving again within 2 s' await 2 serves
  await_pool 5
}

stats_are_shut() { [ -z "$(pool_up)" ]; }

fault_haproxy() {
  strike
  quietly stack restart haproxy
  besides 'serving again within 2 s of its start' await 2 serves
  await_pool 15
}

# output_modes DIRECTORY FILES — of the volume that lb-renderer writes to.
output_modes() {
  quietly docker run --rm --network none --user 0 --entrypoint bash -v "${COMPOSE_PROJECT_NAME}_haproxy-config:/config" \
    "$HAPROXY_IMAGE" -c "chmod $1 /config && chmod $2 /config/*"
}

# in_output WORDS — by a root's bash, in the volume that lb-renderer writes to.
in_output() {
  quietly docker run --rm --network none --user 0 --entrypoint bash -w /config -v "${COMPOSE_PROJECT_NAME}_haproxy-config:/config" \
    "$HAPROXY_IMAGE" -c "$1"
}

configuration() { docker exec "$(container haproxy)" cat /etc/rollcall/haproxy.cfg; }

configuration_has() { [ "$(configuration | grep -cE '^ +server web-')" -eq "$1" ]; }

configuration_is() { [ "$(configuration)" = "$1" ]; }

# nothing_half_written — HAProxy takes the configuration and each copy of it that is kept.
nothing_half_written() {
  # shellcheck disable=SC2016 # for the container's shell
  quietly docker exec "$(container haproxy)" bash -c 'for f in /etc/rollcall/haproxy.cfg{,.good,.backup.*}; do [ ! -e "$f" ] || haproxy -c -f "$f" || exit 1; done'
}

fault_disk() {
  local before
  before=$(configuration)
  # shellcheck disable=SC2016 # for the container's shell
  in_output 'cat /dev/zero >full; [ "$(stat -f -c %a .)" -eq 0 ]'
  quietly stack up -d --no-recreate --no-deps --scale web-node=4 web-node
  await 120 consul_has 4 || shortfall 'no fourth node within 120 s'
  strike
  await_pool 5 "with the node that joined" # HAProxy is told; the file has to wait
  besides 'not ready meanwhile, and says why' await 30 disk_is_named
  besides 'file as it was' stays 10 configuration_is "$before"
  besides 'nothing half written' nothing_half_written
  in_output 'rm full'
  strike
  besides 'ready again by itself' await 35 is_ready
  await_pool 30 mended
  besides 'file has the node that joined' configuration_has 4
  besides 'nothing half written after that' nothing_half_written
}

disk_is_named() { is_degraded && renderer_says | grep -q 'No space left on device'; }

fault_readonly() {
  local directory file
  directory=$(stack exec -T lb-renderer stat -c %a /etc/rollcall)
  file=$(stack exec -T lb-renderer stat -c %a /etc/rollcall/haproxy.cfg)
  output_modes 555 444
  quietly stack up -d --no-recreate --no-deps --scale web-node=4 web-node
  besides 'not ready meanwhile' await 30 is_degraded
  sleep 10
  output_modes "$directory" "$file"
  strike
  besides 'ready again by itself' await 30 is_ready
  await_pool 30 mended
}
