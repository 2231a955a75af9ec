# shellcheck shell=bash
# Clocks that jump. Sourced by compose/measure/faults and compose/measure/soak.

FAULTS+=(
  "clock|3|0|0|0|the clock of a node jumps an hour ahead, back again, and an hour back, 40 s between"
)

# A node whose wall clock can be set, by libfaketime under its C library; the clock that only goes on goes on. Of an old
# suite, since a library runs with a newer C library than it was built for, not with an older one.
readonly CLOCK_SUITE=bookworm CLOCK_LIBRARY=$CACHE/faketime/libfaketimeMT.so.1
CLOCK_IMAGE=rollcall/web-node:$COMPOSE_PROJECT_NAME-clock

install_faketime() {
  local work
  [ ! -s "$CLOCK_LIBRARY" ] || return 0
  work=$(mktemp -d)
  download_for $CLOCK_SUITE "$work/apt" libfaketime
  dpkg-deb -x "$work/apt/archives/"libfaketime_*.deb "$work/x"
  install -D -m 644 "$work/x/usr/lib/"*/faketime/libfaketimeMT.so.1 "$CLOCK_LIBRARY"
  rm -rf "$work"
}

prepare_clock() {
  [ -s "$CLOCK_LIBRARY" ] || is_debian || die "$EXIT_MISSING" "the clock of a node is moved by libfaketime, which is taken from Debian's package: run this on Debian, or leave out clock"
  step "libfaketime of $CLOCK_SUITE" install_faketime
}

# Without that fix, which is for older C libraries: with it, each timed wait of Java's ends at once, and the CPU is lost.
build_clock_image() {
  docker build -q -t "$CLOCK_IMAGE" -f - "$(dirname "$CLOCK_LIBRARY")" <<DOCKERFILE
FROM $WEB_NODE_IMAGE
COPY $(basename "$CLOCK_LIBRARY") /faketime/
ENV LD_PRELOAD=/faketime/$(basename "$CLOCK_LIBRARY") FAKETIME_TIMESTAMP_FILE=/tmp/clock FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_FORCE_MONOTONIC_FIX=0
DOCKERFILE
}

# clock_is NODE SECONDS — its Java's clock, as its answers have it, is so far ahead of this machine's, give or take 5.
clock_is() {
  local date ahead
  date=$(curl -s --max-time 2 -D - -o /dev/null "http://$(node_address "$1")/" | tr -d '\r' | sed -n 's/^[Dd]ate: //p')
  [ -n "$date" ] || return 1
  ahead=$(($(date -d "$date" +%s) - $(date +%s) - $2))
  [ "${ahead#-}" -le 5 ]
}

set_clock() { quietly docker exec "$1" bash -c "echo $2 >/tmp/clock"; }

all_beat() { pool_is_right && consul_has "$1"; }

fault_clock() {
  local node count jump
  quietly build_clock_image
  count=$(($(node_ids | grep -c .) + 1))
  WEB_NODE_IMAGE=$CLOCK_IMAGE quietly stack up -d --no-recreate --no-deps --scale "web-node=$count" web-node
  await_pool 60 "with the node whose clock moves"
  node=$(node_ids | tail -n 1)
  besides 'its clock right at first' await 5 clock_is "$node" 0
  for jump in +3600 +0 -3600; do
    set_clock "$node" "$jump"
    besides "its clock at $jump s" await 5 clock_is "$node" "$((jump))"
    # More than twice as long as Consul has patience with a node that does not beat.
    besides 'beats and serves on' stays 40 all_beat "$count"
  done
  set_clock "$node" +0
  strike
  quietly docker stop -t 30 "$node"
  await_pool 15 "without it"
  besides 'exit code 0' ended_in_order "$node"
  quietly docker rm "$node"
  quietly docker image rm "$CLOCK_IMAGE"
}
