# shellcheck shell=bash
# What benchmarks share: their list, their parts, their results, and the end of all these. Sourced, never run.
#
# A benchmark is a function bench_NAME in bench.d. It says on standard output how far it is, pipes its figures into
# `measured NAME` (lib/figures.sh has their form), leaves out with `left_out` what can't be had, and estimates nothing.
# It is fast where BENCH_QUICK is set.

# shellcheck disable=SC2034 # filled by bench.d, read by compose/measure/bench
BENCHMARKS=() # NAME:WORDS; bench_NAME runs it
FIGURES=
readonly BENCH_LABEL=dev.rollcall.bench=$$

end_bench() {
  docker ps -aq --filter "label=$BENCH_LABEL" | xargs -r docker rm -f >/dev/null
  rm -f "$FIGURES"
  close_log "$1"
}

# measured BENCHMARK — appends standard input's lines (what, value, unit, noise; or #, words) to the figures.
measured() {
  awk -v name="$1" '{print name "\t" $0}' >>"$FIGURES"
}

# noted BENCHMARK WORDS… — what a reader of the figures must know.
noted() {
  printf '#\t%s\n' "${*:2}" | measured "$1"
  say "  note: ${*:2}"
}

# left_out BENCHMARK PEER WHY… — a peer that can't be had here is not measured, and this is told.
left_out() { noted "$1" "left out: $2, as ${*:3}"; }

quick() { [ -n "${BENCH_QUICK:-}" ]; }

# rounds FULL QUICK — how often.
rounds() { if quick; then echo "$2"; else echo "$1"; fi; }

# The programs in the figures, by version.
versions() {
  printf 'HAProxy %s, Consul %s, Java %s, Docker %s' \
    "$(docker run --rm --label "$BENCH_LABEL" --entrypoint haproxy "$HAPROXY_IMAGE" -v | sed -nE '1s/HAProxy version ([^ ]+).*/\1/p')" \
    "$(docker run --rm --label "$BENCH_LABEL" --entrypoint consul "$CONSUL_IMAGE" version | sed -n '1s/Consul v//p')" \
    "$(bench_java -version 2>&1 | sed -n '1s/.*"\(.*\)".*/\1/p')" "$(docker version -f '{{.Server.Version}}')"
}

bench_java() { "${JAVA_HOME:+$JAVA_HOME/bin/}java" "$@"; }

# begin_results NAMES — forgets what an earlier run left of these.
begin_results() {
  local name
  printf 'Machine: %s. %s.\n' "$(machine)" "$(versions)" >"$OUT/machine.md"
  for name in "$@"; do rm -f "$OUT/$name.md" "$OUT/$name.svg"; done
}

# end_results NAMES — each benchmark that has figures gets its table, all of them the summary; after every one of them, so
# that a run which is broken off leaves what it has.
end_results() {
  local name
  for name in "$@"; do
    grep -q "^$name	" "$FIGURES" || continue
    [ -e "$OUT/$name.md" ] || {
      grep "^$name	" "$FIGURES" | markdown_table
      printf '\nBy "%scompose/measure/bench %s" at commit %s, load average before it %s.\n' "${BENCH_QUICK:+BENCH_QUICK=yes }" "$name" \
        "$(commit)" "$LOAD_BEFORE"
    } >"$OUT/$name.md"
  done
  {
    cat "$OUT/machine.md"
    for name in "$@"; do
      if [ -e "$OUT/$name.md" ]; then printf '\n### %s\n\n' "$name" && cat "$OUT/$name.md"; fi
    done
  } >"$OUT/results.md"
  json <"$FIGURES" >"$OUT/results.json"
}

# publish PAGE — the tables go between <!-- bench NAME --> and <!-- /bench --> of the page, the plots beside it.
publish() {
  local page=$1 name fresh
  fresh=$(mktemp)
  awk -v out="$OUT" '
    /^<!-- bench [a-z0-9]+ -->$/ {
      print
      file = out "/" $3 ".md"; lines = 0
      while ((getline line <file) > 0) {print line; lines++}
      close(file)
      inside = lines > 0
      next
    }
    /^<!-- \/bench -->$/ {inside = 0}
    !inside' "$page" >"$fresh"
  cat "$fresh" >"$page"
  rm -f "$fresh"
  for name in "$OUT"/*.svg; do
    [ ! -e "$name" ] || cp "$name" "$(dirname "$page")/performance-$(basename "$name")"
  done
  say "Published: $page"
}

# bench_consul — a Consul of its own on a free port of loopback; sets CONSUL_HTTP_ADDR.
bench_consul() {
  local port
  CONSUL_CONTAINER=$(docker run -d --label "$BENCH_LABEL" -p 127.0.0.1::8500 "$CONSUL_IMAGE" agent -dev -client 0.0.0.0 -log-level warn)
  port=$(docker port "$CONSUL_CONTAINER" 8500/tcp | sed -n 's/.*://p' | head -n 1)
  export CONSUL_HTTP_ADDR=http://127.0.0.1:$port
  await_leader
}

# await_leader — the Consul in CONSUL_CONTAINER, at CONSUL_HTTP_ADDR, has elected one.
await_leader() { await 60 has_leader || die "$EXIT_FAILED" "Consul in $CONSUL_CONTAINER elects no leader within 60 s"; }

has_leader() { curl -sf --max-time 2 "$CONSUL_HTTP_ADDR/v1/status/leader" | grep -q :; }

end_consul() { docker rm -f "$CONSUL_CONTAINER" >/dev/null; }
