# shellcheck shell=bash
# HAProxy itself and its configuration's directory. Sourced by compose/faults.

FAULTS+=(
  "worker|3|-|-|0|HAProxy's worker killed (SIGKILL), which ends the container: the engine starts it again"
  "haproxy|3|-|-|0|HAProxy's container restarted"
  "readonly|3|0|0|0|the output directory read-only while a node joins; mended after 10 s"
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

# output_mode MODE — of the directory that lb-renderer writes to, which belongs to no user of the stack.
output_mode() {
  quietly docker run --rm --network none --user 0 --entrypoint chmod \
    -v "${COMPOSE_PROJECT_NAME}_haproxy-config:/config" "$HAPROXY_IMAGE" "$1" /config
}

fault_readonly() {
  local mode
  mode=$(stack exec -T lb-renderer stat -c %a /etc/rollcall)
  output_mode 555
  quietly stack up -d --no-recreate --no-deps --scale web-node=4 web-node
  besides 'not ready meanwhile' await 30 is_degraded
  sleep 10
  output_mode "$mode"
  strike
  besides 'ready again by itself' await 30 is_ready
  await_pool 30 mended
}
