# shellcheck shell=bash
# The composed system: its settings in compose/.env, its images, its ports, Compose's calls, and who answers through the load
# balancer. Sourced, never run.

export COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-rollcall}
# Compose would take a file or profile of the user's environment instead of ours.
unset COMPOSE_FILE COMPOSE_PROFILES COMPOSE_ENV_FILES

COMPOSE_FILES=("$HERE/compose.yml" ${ROLLCALL_OVERLAY:+"$ROLLCALL_OVERLAY"}) # and what lies over it, in this order
readonly ANSWER_LIMIT=${ANSWER_LIMIT:-120} # seconds until all nodes and no others must answer
readonly DOTENV=$HERE/.env          # Compose reads it by itself; lines of others stay as they are

# Variable, default, and service of each published port.
readonly PORTS="HTTP_PORT 80 haproxy
STATS_PORT 9000 haproxy
CONSUL_PORT 8500 consul
STATUS_PORT 8404 lb-renderer"

require_engine() { timeout 10 docker version >/dev/null 2>&1 || die "$EXIT_MISSING" "no Docker engine answers; $1"; }

stack() { docker compose --ansi never --progress plain "${COMPOSE_FILES[@]/#/--file=}" "$@"; }

running() { stack ps -q --status running "$1"; }

# is_as_it_should_be N — each container of the project is healthy and made of the image and the settings that it would be made of now,
# and there are N web nodes, one of each other service, and nothing else.
is_as_it_should_be() {
  local wanted found
  wanted=$(stack config --hash '*' | while read -r service hash; do
    printf "$service $hash running healthy\n%.0s" $(seq "$([ "$service" = web-node ] && echo "$1" || echo 1)")
  done | sort)
  found=$(docker ps -aq --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --filter label=com.docker.compose.oneoff=False \
    | xargs -r docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}} {{index .Config.Labels "com.docker.compose.config-hash"}} {{.State.Status}} {{with .State.Health}}{{.Status}}{{end}} {{.Config.Image}} {{.Image}}' | sort)
  [ -n "$found" ] && [ "$(cut -d ' ' -f 1-4 <<<"$found")" = "$wanted" ] || return 1
  # Their names still are names of the images that they were made of.
  cut -d ' ' -f 5- <<<"$found" | sort -u | while read -r name id; do
    [ "$(docker image inspect -f '{{.Id}}' "$name" 2>/dev/null)" = "$id" ] || exit 1
  done
}

# --- Settings

# dotenv_get KEY — its value in compose/.env, empty if it has none.
dotenv_get() {
  [ -r "$DOTENV" ] || return 0
  sed -n "s/^$1=//p" "$DOTENV" | tail -n 1
}

# dotenv_put KEY=VALUE… — sets these keys, and removes those that have no `=`; the file is replaced in one piece, readable by
# its owner alone.
dotenv_put() {
  local fresh keys
  keys=$(printf '%s\n' "${@%%=*}" | paste -sd'|')
  fresh=$(umask 077 && mktemp "$DOTENV.XXXXXX")
  grep -sEv "^($keys)=" "$DOTENV" >"$fresh" || true
  printf '%s\n' "$@" | grep = >>"$fresh" || true
  mv -f "$fresh" "$DOTENV"
}

# setting KEY DEFAULT — as Compose sees it: the environment, then .env, then the default.
setting() {
  local value=${!1:-}
  [ -n "$value" ] || value=$(dotenv_get "$1")
  echo "${value:-$2}"
}

# --- Images

readonly BASE_IMAGES="CONSUL_IMAGE CONSUL_OLD_IMAGE HAPROXY_IMAGE HAPROXY_OLD_IMAGE HAPROXY_3_2_IMAGE HAPROXY_3_4_IMAGE HAPROXY_JAVA_IMAGE
HAPROXY_3_2_JAVA_IMAGE HAPROXY_3_4_JAVA_IMAGE CHROMIUM_IMAGE JRE_IMAGE LB_DEB_IMAGE"

# The base images, for Compose and Maven: what compose/tools/images has just decided, unless the environment says otherwise.
export_images() {
  local key value
  for key in $BASE_IMAGES PULL_POLICY; do
    value=$(setting "$key" '')
    if [ -n "$value" ]; then export "$key=$value"; fi
  done
}

# label_of IMAGE LABEL — its value, empty if there is none.
label_of() { docker image inspect -f "{{index .Config.Labels \"$2\"}}" "$1" 2>/dev/null || true; }

# Images that a newer build has taken the name of; no container can be made of them any more.
drop_replaced_images() {
  local label
  for label in part recipe made-of; do docker image prune -f --filter "label=dev.rollcall.$label"; done
}

# --- Ports

# check_ports — each is a number, and free or ours already.
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
listens() { grep -qsE ":$(printf %04X "$1") [0-9A-F]+:[0-9A-F]+ 0A " /proc/net/tcp /proc/net/tcp6; }

# --- Who answers

site() {
  local host
  host=$(setting HTTP_BIND 0.0.0.0)
  [ "$host" != 0.0.0.0 ] || host=127.0.0.1
  echo "http://$host:$(setting HTTP_PORT 80)/"
}

# ask COUNT — that many requests, one line an answer: a host name, or `?` for anything else.
ask() {
  timeout 30 curl -s --connect-timeout 2 --max-time 5 -H 'Accept: text/plain' -w ' %{http_code};' "$(site)#[1-$1]" 2>/dev/null \
    | tr -d '\r\n' | tr ';' '\n' | sed -E 's/^([A-Za-z0-9._-]+) 200$/\1/; t; s/.*/?/'
}

# answering N — succeeds, with the names in ANSWERED, when the N running nodes have all answered, and nobody else has,
# in a few rounds of requests: the share of a node that has just joined grows from a sixteenth on.
answering() {
  local wanted
  wanted=$(running web-node | xargs -r docker inspect -f '{{.Config.Hostname}}' | sort)
  [ "$(grep -c . <<<"$wanted")" -eq "$1" ] || return 1
  ANSWERED=$(ask $((8 * $1 + 4)) | sort -u)
  [ "$ANSWERED" = "$wanted" ]
}

# Those of our containers that are not (yet) healthy, as `name (state)`.
not_healthy() {
  docker ps -a --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --filter label=com.docker.compose.oneoff=False \
    --format '{{.Names}} ({{.Status}})' | grep -v '(healthy)' || true
}

# await_answers N — waits until exactly the N nodes answer and all containers are healthy, saying now and then what is
# still missing.
await_answers() {
  local began=$SECONDS told=$SECONDS sick
  until answering "$1" && sick=$(not_healthy) && [ -z "$sick" ]; do
    if [ $((SECONDS - began)) -ge "$ANSWER_LIMIT" ]; then
      warn "  answered last: $(paste -sd' ' <<<"$ANSWERED")"
      warn "  not healthy: $(not_healthy | paste -sd, | sed 's/,/, /g')"
      die "$EXIT_SILENT" "not exactly $1 nodes answer at $(site) after $ANSWER_LIMIT s; see docker compose -f compose/compose.yml logs"
    fi
    if [ $((SECONDS - told)) -ge 5 ]; then
      told=$SECONDS
      printf '  … waiting for %s nodes; %s names answer: %s s\n' "$1" "$(grep -c '[^?]' <<<"$ANSWERED" || true)" $((SECONDS - began))
    fi
    sleep 0.5
  done
}
