# shellcheck shell=bash
# A copy of the composed system that is broken on purpose: how it is composed, called, changed and taken away. Sourced,
# never run; the script has set COMPOSE_PROJECT_NAME and the ports.

# How the system is composed and how its Consul is called. An overlay adds its file, its way to Consul, and what curl
# needs to be let in.
COMPOSE_FILES+=("$MEASURE/faults.d/faults.yml")
STACK_LIMIT=180
CONSUL_URL=http://127.0.0.1:$CONSUL_PORT
CONSUL_CURL=()
SECURE='' # or: yes, and the system is secured by compose/secure.yml

# shellcheck disable=SC2034 # used by lib/ports.sh
readonly EXIT_PORT=4 EXIT_SILENT=5
readonly START_LIMIT=120 # seconds until the pool is right before a fault

TEMPLATES='' WATCHER=''

# secure_trial — the same as compose/up --secure.
secure_trial() {
  secure_consul
  CONSUL_URL=https://localhost:$CONSUL_PORT
  CONSUL_CURL=(-K "$OPERATOR/curl")
}

# consul_call PATH [CURL ARGUMENT…] — whatever it answers; fails without an answer.
consul_call() { curl -s --max-time 2 ${CONSUL_CURL[@]+"${CONSUL_CURL[@]}"} "${@:2}" "$CONSUL_URL$1"; }

# consul_get PATH — the answer; fails unless it is a good one.
consul_get() { consul_call "$1" -f; }

# quietly COMMAND… — into the log, which is shown when the run fails.
quietly() { "$@" >>"$LOG" 2>&1 </dev/null; }

# nodes N — so many, the others as they are.
nodes() { quietly stack up -d --no-recreate --scale "web-node=$1"; }

# has_nodes N — so many run, and are HAProxy's pool.
has_nodes() { pool_is_right && [ "$(node_ids | grep -c .)" -eq "$1" ]; }

# stays SECONDS COMMAND… — it succeeds each time that it is tried, which is twice a second.
stays() {
  local deadline=$((SECONDS + $1))
  shift
  while [ $SECONDS -lt $deadline ]; do
    "$@" || return 1
    sleep 0.5
  done
}

await_start() {
  await $START_LIMIT has_nodes "$1" \
    || die "$EXIT_SILENT" "HAProxy does not have the $1 nodes as its pool after $START_LIMIT s; see $LOG"
}

# fresh_template — the built-in template, where lb-renderer reads it.
fresh_template() {
  cp "$ROOT/lb-renderer/src/main/resources/dev/rollcall/lb/template/web.mustache" "$TEMPLATES/.next"
  put_template
}

# put_template — .next becomes the template, in one piece.
put_template() { chmod 644 "$TEMPLATES/.next" && mv "$TEMPLATES/.next" "$TEMPLATES/faults.mustache"; }

# begin_trial BUILD NAME… — all up to a running system of three nodes, in turn with other runs of this script; end_trial
# is sure from here on. Builds the images unless BUILD is empty, and sees to what the faults of these names need.
begin_trial() {
  "$TOOLS/engine"
  check_ports
  "$TOOLS/images"
  export_images
  open_log
  hold "$(basename "$0")"
  mkdir -p "$OUT"
  LEDGER=$OUT/ledger.tsv
  : >"$LEDGER"
  TEMPLATES=$(mktemp -d)
  chmod 755 "$TEMPLATES"
  STATS_USER=faults STATS_PASSWORD=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
  WEB_NODE_IMAGE=rollcall/web-node:$(setting ROLLCALL_TAG latest)
  NEXT_IMAGE=rollcall/web-node:$COMPOSE_PROJECT_NAME-next
  export TEMPLATES STATS_USER STATS_PASSWORD WEB_NODE_IMAGE
  fresh_template
  trap 'end_trial $?' EXIT
  trap 'exit 130' INT TERM
  prepare_faults "${@:2}"
  step "install Apache JMeter" install_jmeter
  [ -z "$1" ] || step "build rollcall/web-node and rollcall/lb-renderer" build_images
  say "== start the system"
  [ -z "$SECURE" ] || secure_trial
  nodes 3 || die "$EXIT_SILENT" "the system does not start; see $LOG"
}

end_trial() {
  local code=$1
  trap - EXIT
  [ -z "$WATCHER" ] || kill "$WATCHER" 2>/dev/null || true
  abandon_load
  stack kill >>"$LOG" 2>&1 || true # nothing is left to be drained
  stack down --volumes --remove-orphans --timeout 1 >>"$LOG" 2>&1 || warn "$COMPOSE_PROJECT_NAME could not be taken away; see $LOG"
  docker image rm -f "$NEXT_IMAGE" "$CLOCK_IMAGE" >>"$LOG" 2>&1 || true
  [ -z "$SECURE" ] || remove_secrets >>"$LOG" 2>&1 || warn "$SECRETS could not be taken away; see $LOG"
  rm -rf "$TEMPLATES"
  [ "$code" -eq 0 ] || [ ! -s "$LOG" ] || warn "The log of what was done: $LOG"
  close_log "$code"
  exit "$code"
}

# trial_head — what the figures are of.
trial_head() {
  printf 'Machine: %s. Commit %s. HAProxy %s, Consul %s%s, %s.\n' "$(machine)" "$(commit)" \
    "$(stack exec -T haproxy haproxy -v | sed -nE '1s/HAProxy version ([^ ]+).*/\1/p')" \
    "$(stack exec -T consul consul version | sed -n '1s/Consul v//p')" "${SECURE:+ (secured)}" "$(basename "$JMETER")"
  printf 'Load: %s requests a second, a quarter each of GET and POST over %s kept connections, and of both over new ones.\n' \
    "$((4 * LOAD_RATE))" "$LOAD_CONNECTIONS"
}
