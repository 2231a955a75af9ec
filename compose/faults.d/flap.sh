# shellcheck shell=bash
# Registrations that come and go faster than anybody should follow. Sourced by compose/faults and compose/soak.

FAULTS+=(
  "flap|3|0|0|0|100 registrations more flap for a minute, each twice a second: half by their check, half by registering and deregistering"
)

readonly FLAPPING=100 FLAP_PORT=20000 # instances, and the port before their first
readonly FLAP_APPLIES=90 FLAP_CPU=30  # what a minute of it may cost: changes applied, and seconds of lb-renderer's CPU

prepare_flap() { packet_filter; }

# What lb-renderer has applied, of whatever kind.
applies() { renderer_says | tr -d ' \n' | sed -nE 's/.*"applies":\{([^}]*)\}.*/\1/p' | tr ',' '\n' | awk -F : '{n += $2} END {print n + 0}'; }

# Seconds of CPU that the first process of a container has taken, rounded.
cpu_seconds() { docker exec "$1" cat /proc/1/stat | awk -v hertz="$(getconf CLK_TCK)" '{printf "%.0f", ($14 + $15) / hertz}'; }

# Each instance has a port of its own, which leads to the one that its node serves on: so all of them are well.
open_flap_ports() { flap_ports -A "$@"; }
shut_flap_ports() { flap_ports -D "$@"; }
flap_ports() {
  local how=$1 node
  shift
  for node in "$@"; do
    filter "$node" -t nat "$how" PREROUTING -p tcp --dport "$((FLAP_PORT + 1)):$((FLAP_PORT + FLAPPING))" -j REDIRECT --to-ports 8080
  done
}

# to_agent PATH [JSON] — one request of those that send_to_agent sends, a kept connection for all of them.
to_agent() {
  local word
  echo next
  printf 'url = "%s/v1/agent/%s"\nrequest = PUT\nmax-time = 2\n' "$CONSUL_URL" "$1"
  # What lets curl in, as such a file has it: an option a line, its value in quotes.
  for word in ${CONSUL_CURL[@]+"${CONSUL_CURL[@]}"}; do
    case $word in -*) printf '\n%s' "$word" ;; *) printf ' "%s"' "${word//\"/\\\"}" ;; esac
  done
  echo
  [ -z "${2:-}" ] || printf 'data = "%s"\n' "${2//\"/\\\"}"
}

send_to_agent() { sed 1d | curl -s -K - >>"$LOG" 2>&1 || true; }

# turn NUMBER UP ADDRESS — the instance becomes well (1), or not (0): one of even number by its check.
turn() {
  local id=flap-$1
  if [ "$2" = 1 ]; then
    to_agent service/register "{\"ID\": \"$id\", \"Name\": \"web\", \"Address\": \"$3\", \"Port\": $((FLAP_PORT + $1)), \"Check\": {\"TTL\": \"60s\", \"Status\": \"passing\"}}"
    [ $(($1 % 2)) -eq 1 ] || to_agent "check/pass/service:$id" # which registering alone does not do for a check that is there
  elif [ $(($1 % 2)) -eq 1 ]; then
    to_agent "service/deregister/$id"
  else
    to_agent "check/fail/service:$id"
  fi
}

# flap SECONDS ADDRESS… — ten instances change, then the next ten, and so on; after a round each changes back.
flap() {
  local end=$((SECONDS + $1)) addresses=("${@:2}") number=0 up=1 i
  while [ $SECONDS -lt $end ]; do
    for ((i = 0; i < 10; i++)); do
      turn $((number + i + 1)) $up "${addresses[(number + i) % ${#addresses[@]}]}"
    done | send_to_agent
    number=$(((number + 10) % FLAPPING))
    [ $number -ne 0 ] || up=$((1 - up))
    FLAPS=$((FLAPS + 10))
    sleep 0.02
  done
}

end_flapping() {
  local i
  for ((i = 1; i <= FLAPPING; i++)); do to_agent "service/deregister/flap-$i"; done | send_to_agent
}

FLAPS=0

# Otherwise it would be no flapping that was tried.
pool_reached() { [ "$(sort -n "$RECORD/pool" | tail -n 1)" -ge "$1" ]; }

fault_flap() {
  local ids addresses reloaded applied cpu renderer
  mapfile -t ids < <(node_ids)
  mapfile -t addresses < <(for id in "${ids[@]}"; do address_of "$id"; done)
  renderer=$(container lb-renderer)
  open_flap_ports "${ids[@]}"
  reloaded=$(reloads) applied=$(applies) cpu=$(cpu_seconds "$renderer") FLAPS=0
  flap 60 "${addresses[@]}"
  applied=$(($(applies) - applied)) cpu=$(($(cpu_seconds "$renderer") - cpu))
  end_flapping
  strike
  await_pool 5
  besides 'more than 20 servers up at times' pool_reached 21
  besides "$FLAPS flaps made $applied changes, at most $FLAP_APPLIES" test "$applied" -le $FLAP_APPLIES
  besides "lb-renderer took $cpu s of CPU, at most $FLAP_CPU s" test "$cpu" -le $FLAP_CPU
  besides '0 reloads' no_reload_since "$reloaded"
  sleep 12 # the longest that a server which leaves goes on
  shut_flap_ports "${ids[@]}"
}
