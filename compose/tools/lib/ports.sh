# shellcheck shell=bash
# The published ports: each a number, and free or ours already. Sourced, never run.

# Variable, default, and service of each.
readonly PORTS="HTTP_PORT 80 haproxy
STATS_PORT 9000 haproxy
CONSUL_PORT 8500 consul
STATUS_PORT 8404 lb-renderer"

check_ports() {
  local variable default service port seen=' ' ours
  ours=$(docker ps -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    | xargs -r docker inspect -f '{{range .NetworkSettings.Ports}}{{range .}}{{.HostPort}} {{end}}{{end}}' | tr '\n' ' ')
  while read -r variable default service; do
    port=$(setting "$variable" "$default")
    { [[ $port =~ ^[1-9][0-9]{0,4}$ ]] && [ "$port" -le 65535 ]; } \
      || die "$EXIT_USAGE" "$variable=$port is no port; give a number from 1 to 65535"
    [[ $seen != *" $port "* ]] || die "$EXIT_USAGE" "$variable=$port is also the port of something else here; give each its own"
    seen+="$port "
    [[ " $ours" != *" $port "* ]] || continue
    ! listens "$port" || die "$EXIT_PORT" "port $port is in use already; free it, or choose another for $service with $variable"
  done <<<"$PORTS"
}

# listens PORT — something on this machine listens there, on whatever address.
listens() {
  local hex
  printf -v hex '%04X' "$1"
  awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port {found = 1} END {exit !found}' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}
