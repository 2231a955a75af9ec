# shellcheck shell=bash
# What benchmarks share: their list, their parts, and the end of these. Sourced, never run.

# shellcheck disable=SC2034 # filled by bench.d, read by compose/bench
BENCHMARKS=() # NAME:WORDS; bench_NAME runs it
FIGURES=$(mktemp)
readonly BENCH_LABEL=dev.rollcall.bench=$$

end_bench() {
  docker ps -aq --filter "label=$BENCH_LABEL" | xargs -r docker rm -f >/dev/null
  rm -f "$FIGURES"
  close_log "$1"
}

# measured BENCHMARK — appends standard input's lines (what, value, unit) to the figures.
measured() {
  awk -v name="$1" '{print name "\t" $0}' >>"$FIGURES"
}

# bench_consul — a Consul of its own on a free port of loopback; sets CONSUL_HTTP_ADDR.
bench_consul() {
  local id port deadline=$((SECONDS + 60))
  id=$(docker run -d --label "$BENCH_LABEL" -p 127.0.0.1::8500 "$CONSUL_IMAGE" agent -dev -client 0.0.0.0 -log-level warn)
  port=$(docker port "$id" 8500/tcp | sed -n 's/.*://p' | head -n 1)
  export CONSUL_HTTP_ADDR=http://127.0.0.1:$port
  until curl -sf --max-time 2 "$CONSUL_HTTP_ADDR/v1/status/leader" | grep -q :; do
    [ $SECONDS -lt $deadline ] || die "$EXIT_FAILED" "Consul in $id elects no leader within 60 s"
    sleep 0.2
  done
  CONSUL_CONTAINER=$id
}

end_consul() { docker rm -f "$CONSUL_CONTAINER" >/dev/null; }
