# shellcheck shell=bash
# HAProxy itself and its configuration's directory. Sourced by compose/faults and compose/soak.

FAULTS+=(
  "worker|3|-|-|0|HAProxy's worker killed (SIGKILL), which ends the container: the engine starts it again"
  "haproxy|3|-|-|0|HAProxy's container restarted"
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
