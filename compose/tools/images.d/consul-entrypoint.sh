#!/bin/bash
# The arguments and variables of the hashicorp/consul image: `agent …` gets its data and configuration directories and
# the addresses of CONSUL_BIND_INTERFACE and CONSUL_CLIENT_INTERFACE; CONSUL_LOCAL_CONFIG is configuration in JSON.
set -euo pipefail

data=${CONSUL_DATA_DIR:-/consul/data}
config=${CONSUL_CONFIG_DIR:-/consul/config}

if [ -n "${CONSUL_LOCAL_CONFIG:-}" ]; then
  printf '%s\n' "$CONSUL_LOCAL_CONFIG" >"$config/local.json"
fi

case ${1:-} in
  -*) set -- consul "$@" ;;
  agent)
    shift
    addresses=()
    # Consul finds an interface's address itself (go-sockaddr template).
    [ -z "${CONSUL_BIND_INTERFACE:-}" ] || addresses+=("-bind={{ GetInterfaceIP \"$CONSUL_BIND_INTERFACE\" }}")
    [ -z "${CONSUL_CLIENT_INTERFACE:-}" ] || addresses+=("-client={{ GetInterfaceIP \"$CONSUL_CLIENT_INTERFACE\" }}")
    set -- consul agent -data-dir="$data" -config-dir="$config" "${addresses[@]}" "$@"
    ;;
  *)
    if [ "${1:-}" = version ] || consul "${1:-}" --help 2>&1 | grep -q "^Usage: consul ${1:-}"; then
      set -- consul "$@"
    fi
    ;;
esac

exec "$@"
