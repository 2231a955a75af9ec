# shellcheck shell=bash
# Who answers through the load balancer. Sourced, never run.

readonly ANSWER_LIMIT=${ANSWER_LIMIT:-120} # seconds until all nodes and no others must answer

site() {
  local host
  host=$(setting HTTP_BIND 0.0.0.0)
  [ "$host" != 0.0.0.0 ] || host=127.0.0.1
  echo "http://$host:$(setting HTTP_PORT 80)/"
}

# ask COUNT — that many requests, one line an answer: a host name, or `?` for anything else.
ask() {
  local url i
  url=$(site)
  for ((i = 0; i < $1; i++)); do printf 'url = "%s"\noutput = "-"\nwrite-out = "\\n%%{http_code}\\n"\n' "$url"; done \
    | timeout 30 curl -s --connect-timeout 2 --max-time 5 -H 'Accept: text/plain' -K - 2>/dev/null \
    | awk '/^[0-9][0-9][0-9]$/ && NR > 1 {print ($0 == "200" && body ~ /^[A-Za-z0-9._-]+$/) ? body : "?"; body = ""; next} NF {body = body $1}'
}

# The host names that the running nodes have, sorted.
nodes() {
  stack ps -q --status running web-node | xargs -r docker inspect -f '{{.Config.Hostname}}' | sort
}

# answering N — succeeds, with the names in ANSWERED, when the N running nodes have all answered, and nobody else has,
# in two rounds and some requests.
answering() {
  local wanted
  wanted=$(nodes)
  [ "$(grep -c . <<<"$wanted")" -eq "$1" ] || return 1
  ANSWERED=$(ask $((2 * $1 + 4)) | sort -u)
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
