# shellcheck shell=bash
# Registrations that come and go faster than anybody should follow. Sourced by compose/measure/faults and compose/measure/soak.

FAULTS+=(
  "flap|3|0|0|0|100 registrations more flap for a minute, half by their check, half by registering and deregistering"
)

readonly FLAPPING=100 FLAP_PORT=20000 # instances, and the port before their first
# What a minute of it may cost: changes applied, one for each 200 ms (MIN of --wait), though it is one a second (MAX) as
# long as there is a flap in each 200 ms, which a busy machine does not get done; and seconds of lb-renderer's CPU.
readonly FLAP_APPLIES=300 FLAP_CPU=15

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

# to_agent PATH [JSON] — one request of those that send_to_agent sends.
to_agent() {
  local word
  echo next
  printf 'url = "%s/v1/agent/%s"\nrequest = PUT\nmax-time = 2\noutput = /dev/null\nwrite-out = "%%{http_code}\\n"' "$CONSUL_URL" "$1"
  # What lets curl in, as such a file has it: an option a line, its value in quotes.
  for word in ${CONSUL_CURL[@]+"${CONSUL_CURL[@]}"}; do
    case $word in -*) printf '\n%s' "$word" ;; *) printf ' "%s"' "${word//\"/\\\"}" ;; esac
  done
  [ -z "${2:-}" ] || printf '\ndata = "%s"' "${2//\"/\\\"}"
  echo
}

# send_to_agent SECONDS [CURL ARGUMENT…] — what to_agent says, one after the other; prints the status of each, by lines,
# since it may be cut off at the end of the time.
send_to_agent() { sed 1d | timeout "$1" stdbuf -oL curl -s "${@:2}" -K - 2>>"$LOG" || true; }

flap_registers() {
  local address=${FLAP_ADDRESSES[$1 % ${#FLAP_ADDRESSES[@]}]}
  to_agent service/register "{\"ID\": \"flap-$1\", \"Name\": \"web\", \"Address\": \"$address\", \"Port\": $((FLAP_PORT + $1)), \"Check\": {\"TTL\": \"120s\", \"Status\": \"passing\"}}"
}

# round well, round unwell — each becomes so, one after the other: those of even number by their check.
round() {
  local i
  for ((i = 1; i <= FLAPPING; i += 2)); do
    if [ "$1" = well ]; then
      flap_registers $i
      to_agent "check/pass/service:flap-$((i + 1))"
    else
      to_agent "service/deregister/flap-$i"
      to_agent "check/fail/service:flap-$((i + 1))"
    fi
  done
}

# flap — for a minute each becomes unwell and well again, by one process and at a fixed rate, so that it flaps as fast
# on a busy machine; prints how often, as Consul had it.
flap() {
  local i
  for ((i = 1; i <= FLAPPING; i++)); do flap_registers $i; done | send_to_agent 30 >>"$LOG"
  round unwell >"$RECORD/unwell"
  round well >"$RECORD/well"
  for ((i = 0; i < 60; i++)); do cat "$RECORD/unwell" "$RECORD/well"; done \
    | send_to_agent 60 --rate $((60 * FLAPPING))/m | grep -cx 200 || true
}

end_flapping() {
  local i
  for ((i = 1; i <= FLAPPING; i++)); do to_agent "service/deregister/flap-$i"; done | send_to_agent 30 >>"$LOG"
}

FLAP_ADDRESSES=()

# Otherwise it would be no flapping that was tried.
pool_reached() { [ "$(sort -n "$RECORD/pool" | tail -n 1)" -ge "$1" ]; }

is_between() { [ "$1" -le "$2" ] && [ "$2" -le "$3" ]; }

fault_flap() {
  local nodes reloaded applied cpu renderer flaps
  mapfile -t nodes < <(node_ids)
  mapfile -t FLAP_ADDRESSES < <(for node in "${nodes[@]}"; do address_of "$node"; done)
  renderer=$(container lb-renderer)
  open_flap_ports "${nodes[@]}"
  reloaded=$(reloads) applied=$(applies) cpu=$(cpu_seconds "$renderer")
  flaps=$(flap)
  applied=$(($(applies) - applied)) cpu=$(($(cpu_seconds "$renderer") - cpu))
  end_flapping
  strike
  await_pool 35 # what had failed together the guard lets go after 30 s, though it has left since
  besides "$flaps flaps, at least $((10 * FLAPPING))" test "$flaps" -ge $((10 * FLAPPING))
  besides 'more than 20 servers up at times' pool_reached 21
  besides "$applied changes applied, at most $FLAP_APPLIES" test "$applied" -le $FLAP_APPLIES
  besides "lb-renderer took $cpu s of CPU, at most $FLAP_CPU s" is_between 0 "$cpu" $FLAP_CPU # below 0: it could not be read
  besides '0 reloads' no_reload_since "$reloaded"
  sleep 12 # the longest that a server which leaves goes on
  shut_flap_ports "${nodes[@]}"
}
