# shellcheck shell=bash
# web-node against what it replaces, the web container of the 2015 demo (lib/web2015.sh), and both applications with and
# without the archive of their classes (compose/tools/archive). Sourced by compose/measure/bench.

. "$LIB/archive.sh"
. "$MEASURE/lib/pool.sh"
. "$MEASURE/lib/web2015.sh"

BENCHMARKS+=(
  "start:lb-renderer: process start until HAProxy serves the right pool, cold and after a crash, with and without the archive"
  "node:web-node: container start until in the pool, memory, image, rebuild; against Apache, PHP and a Consul agent"
  "page:web-node: requests per second and CPU second, p99, directly and through HAProxy; against Apache and PHP"
)

readonly BENCH_TAG=bench
readonly WEB_LIMIT=90 # seconds until a container must be where it belongs
readonly WEB_POLL=0.02 # seconds between two looks

# bench_images — both applications as they are checked out: rollcall/NAME:bench-plain, and rollcall/NAME:bench, which has
# its archive where one can be made. BENCH_NO_BUILD=yes takes those that are there.
bench_images() {
  local name
  [ -z "${BENCH_NO_BUILD:-}" ] || return 0
  export ROLLCALL_TAG=$BENCH_TAG
  step "build both applications" build_images
  for name in web-node lb-renderer; do
    docker tag "rollcall/$name:$BENCH_TAG" "rollcall/$name:$BENCH_TAG-plain"
    try "archive of rollcall/$name's classes" archive "$name"
    [ "$STEP_CODE" -eq 0 ] || left_out "$1" "$name with an archive" "none could be made here"
  done
}

# has_archive NAME — whether rollcall/NAME:bench was given one.
has_archive() {
  [ -n "$(docker image inspect -f "{{index .Config.Labels \"$ARCHIVE_LABEL\"}}" "rollcall/$1:$BENCH_TAG")" ]
}

# web_system NODES — Consul, lb-renderer and HAProxy of compose.yml under a name of their own, on the ports that compose/up
# takes unless others are set; taken away by end_web_system.
web_system() {
  export COMPOSE_PROJECT_NAME=$COMPOSE_PROJECT_NAME-bench ROLLCALL_TAG=$BENCH_TAG HTTP_BIND=127.0.0.1
  export HTTP_PORT=${HTTP_PORT:-18080} STATS_PORT=${STATS_PORT:-18900} CONSUL_PORT=${CONSUL_PORT:-18500} STATUS_PORT=${STATUS_PORT:-18404}
  trap end_web_system EXIT
  step "start Consul, lb-renderer and HAProxy" stack up -d --wait --wait-timeout $WEB_LIMIT --scale "web-node=$1" --remove-orphans
}

end_web_system() {
  docker ps -aq --filter "label=$BENCH_LABEL" | xargs -r docker rm -fv >/dev/null
  stack down --volumes --remove-orphans --timeout 2 >>"$LOG" 2>&1 || warn "$COMPOSE_PROJECT_NAME could not be taken away; see $LOG"
}

# web_run WHO — one more container beside the system, confined as compose.yml does it where that is possible; sets WEB and
# WEB_PORT. WHO is plain, archive or 2015.
web_run() {
  local words=(-d --label "$BENCH_LABEL" --network "${COMPOSE_PROJECT_NAME}_default" -m 256m)
  case $1 in
    2015) WEB_PORT=80; WEB=$(docker run "${words[@]}" -e CONSUL=consul "$WEB_2015") ;;
    *)
      WEB_PORT=8080
      WEB=$(docker run "${words[@]}" --read-only --tmpfs /tmp --cap-drop ALL -e CONSUL_HTTP_ADDR=http://consul:8500 \
        "rollcall/web-node:$BENCH_TAG$([ "$1" = archive ] || echo -plain)")
      ;;
  esac
}

web_address() { docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$WEB"; }

# web_stop — as an engine stops it, so that it leaves the pool.
web_stop() {
  docker stop -t 30 "$WEB" >/dev/null
  docker rm -v "$WEB" >/dev/null
}

serves() { curl -sf --max-time 1 -o /dev/null "$1"; }

# in_pool — the site's answer comes from the container.
in_pool() { [ "$(curl -s --max-time 2 "http://127.0.0.1:$HTTP_PORT/")" = "${WEB:0:12}" ]; }

# cpu_of CONTAINER — microseconds of processor time, all its processes.
cpu_of() {
  docker exec "$1" sh -c 'cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null || cat /sys/fs/cgroup/cpu.stat' \
    | awk 'NF == 1 {printf "%.0f\n", $1 / 1000} $1 == "usage_usec" {print $2}'
}

# memory_of CONTAINER — MiB that its processes have resident, and their proportional share of it.
memory_of() {
  docker top "$1" -eo pid | awk 'NR > 1 {print "/proc/" $1 "/smaps_rollup"}' | xargs cat 2>/dev/null \
    | awk '/^Rss:/ {rss += $2} /^Pss:/ {pss += $2} END {printf "%.1f %.1f\n", rss / 1024, pss / 1024}'
}

since() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.3f", b - a}'; }

# medians UNIT — samples as figures, without a tail.
medians() { distributions "$1" | grep ', median of '; }

# ratio_of FILE WHAT OF — by the medians of two things in a file of samples.
ratio_of() {
  LC_ALL=C awk -F '\t' -v a="$2" -v b="$3" '
    function median(s,   v, n, i, j, x) {
      n = split(s, v, " ")
      for (i = 2; i <= n; i++) {x = v[i] + 0; for (j = i - 1; j && v[j] + 0 > x; j--) v[j + 1] = v[j]; v[j + 1] = x}
      return v[int((n + 1) / 2)]
    }
    {s[$1] = s[$1] " " $2}
    END {if (median(s[b]) > 0) printf "%s by %s\t%.2f\ttimes\n", a, b, median(s[a]) / median(s[b])}' "$1"
}

bench_node() {
  local who whos=(plain) began ready pooled count round samples=$OUT/node.tsv
  bench_images node
  if has_archive web-node; then whos+=(archive); fi
  web_2015
  if [ -n "$HAVE_WEB_2015" ]; then whos+=(2015); else left_out node "Apache, PHP and a Consul agent" "Debian's packages can't be had"; fi
  web_system 1
  : >"$samples"
  count=$(rounds 11 2)
  for ((round = 1; round <= count; round++)); do
    for who in "${whos[@]}"; do
      began=$EPOCHREALTIME
      web_run "$who"
      AWAIT_PAUSE=$WEB_POLL awaited $WEB_LIMIT serves "http://$(web_address):$WEB_PORT/health"
      ready=$EPOCHREALTIME
      AWAIT_PAUSE=$WEB_POLL awaited $WEB_LIMIT in_pool
      pooled=$EPOCHREALTIME
      {
        printf 'run to ready, %s\t%s\n' "$who" "$(since "$began" "$ready")"
        printf 'run to in the pool, %s\t%s\n' "$who" "$(since "$began" "$pooled")"
        printf 'processor time until in the pool, %s\t%s\n' "$who" "$(cpu_of "$WEB" | awk '{print $1 / 1e6}')"
      } >>"$samples"
      sleep 3
      memory_of "$WEB" | awk -v who="$who" '{print "RSS when idle, " who "\t" $1; print "PSS when idle, " who "\t" $2}' >>"$samples"
      web_stop
      say "  round $round of $count: $who in the pool after $(since "$began" "$pooled") s"
    done
  done
  {
    grep -v ' when idle' "$samples" | distributions s | if quick; then grep median; else cat; fi
    grep ' when idle' "$samples" | medians MiB
    if [[ " ${whos[*]} " == *" 2015 "* ]]; then
      for who in "${whos[@]}"; do [ "$who" = 2015 ] || ratio_of "$samples" "run to in the pool, $who" "run to in the pool, 2015"; done
    fi
    for who in "${whos[@]}"; do layers "$who"; done
  } | measured node
  noted node "2015 is Apache with PHP, a Consul agent and supervisord in one container, of Debian's packages; its agent checks it once a second. plain and archive are web-node without and with the archive of its classes"
  noted node "run is from docker run; ready is the first 200 from /health; in the pool is the first answer of this container through HAProxy. RSS and PSS are those of all processes of the container, 3 s later"
  rebuilds
}

# layers WHO — sizes of its image: all, and what a change of one line of it ships again.
layers() {
  local image=$WEB_2015 own
  case $1 in
    2015) own='COPY index.php' ;;
    plain) image=rollcall/web-node:$BENCH_TAG-plain own='jib' ;;
    archive) image=rollcall/web-node:$BENCH_TAG own='jib' ;;
  esac
  docker history --human=false --no-trunc --format '{{.Size}}\t{{.CreatedBy}}\t{{.Comment}}' "$image" | awk -F '\t' -v who="$1" -v own="$own" '
    {all += $1}
    $2 == "" {archive += $1}
    /jib/ && $3 == "dependencies" {libraries += $1}
    /jib/ && $3 != "dependencies" || /COPY index.php/ {line += $1}
    END {
      printf "image, %s\t%.1f\tMB\n", who, all / 1e6
      if (libraries) printf "of it libraries, %s\t%.1f\tMB\n", who, libraries / 1e6
      if (archive) printf "of it archive, %s\t%.1f\tMB\n", who, archive / 1e6
      printf "layers that one changed line ships again, %s\t%.3f\tMB\n", who, (line + archive) / 1e6
    }'
}

# rebuilds — how long until the image is there again after one line has changed, in a copy of the sources.
rebuilds() {
  local copy samples=$OUT/rebuild.tsv count round began
  [ -z "${BENCH_NO_BUILD:-}" ] || return 0
  copy=$(mktemp -d)
  : >"$samples"
  count=$(rounds 5 1)
  git clone -q "$ROOT" "$copy/clone"
  cp -a "$MEASURE"/bench.d/web-2015 "$copy/"
  ROLLCALL_TAG=$BENCH_TAG-rebuild ROOT=$copy/clone step "build the copy once" build_images
  for ((round = 1; round <= count; round++)); do
    sed -i "s/private static final int BACKLOG = .*;/private static final int BACKLOG = $((1024 + round));/" \
      "$copy/clone/web-node/src/main/java/dev/rollcall/web/NodeServer.java"
    began=$EPOCHREALTIME
    (cd "$copy/clone" && mvn -o -B -ntp -q -pl web-node -am package jib:dockerBuild -Dmaven.test.skip=true "-Dimage.jre=docker://$JRE_IMAGE" \
      "-Dimage.tag=$BENCH_TAG-rebuild") >>"$LOG" 2>&1
    printf 'rebuild after one changed line, plain\t%s\n' "$(since "$began" "$EPOCHREALTIME")" >>"$samples"
    if has_archive web-node; then
      ROLLCALL_TAG=$BENCH_TAG-rebuild archive web-node >>"$LOG" 2>&1
      printf 'rebuild after one changed line, archive\t%s\n' "$(since "$began" "$EPOCHREALTIME")" >>"$samples"
    fi
    if docker image inspect "$WEB_2015" >/dev/null 2>&1; then
      began=$EPOCHREALTIME
      printf 'FROM %s\nCOPY index.php /var/www/html/\n' "$WEB_2015" >"$copy/web-2015/Dockerfile"
      echo "<?php // $round ?>" >>"$copy/web-2015/index.php"
      docker buildx build -q --load -t "rollcall/web-2015:$BENCH_TAG-rebuild" "$copy/web-2015" >>"$LOG" 2>&1
      printf 'rebuild after one changed line, 2015\t%s\n' "$(since "$began" "$EPOCHREALTIME")" >>"$samples"
    fi
  done
  medians s <"$samples" | measured node
  docker image rm "rollcall/web-node:$BENCH_TAG-rebuild" "rollcall/lb-renderer:$BENCH_TAG-rebuild" "rollcall/web-2015:$BENCH_TAG-rebuild" >>"$LOG" 2>&1 || true
  rm -rf "$copy"
}

have_wrk() {
  ! command -v wrk >/dev/null || return 0
  { is_root && is_debian; } || return 1
  try "apt-get install wrk" apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=false install --no-install-recommends wrk
  command -v wrk >/dev/null
}

bench_page() {
  local who whos=(web-node) round count url connections path haproxy samples=$OUT/page.tsv
  have_wrk || { left_out page "every figure" "wrk (Debian: wrk) is not here"; return; }
  bench_images page
  web_2015
  if [ -n "$HAVE_WEB_2015" ]; then whos+=(2015); else left_out page "Apache and PHP" "Debian's packages can't be had"; fi
  web_system 0
  haproxy=$(container haproxy)
  : >"$samples"
  count=$(rounds 5 1)
  for ((round = 1; round <= count; round++)); do
    for who in "${whos[@]}"; do
      web_run "${who/web-node/archive}"
      AWAIT_PAUSE=$WEB_POLL awaited $WEB_LIMIT in_pool
      for path in direct haproxy; do
        url=http://$(web_address):$WEB_PORT/
        [ $path = direct ] || url=http://$(node_address "$haproxy" | sed 's/:.*//')/
        wrk -t 1 -c 32 -d "$(rounds 8 3)" "$url" >/dev/null # warm
        for connections in 1 32 256; do page_run "$who" $path $connections "$url" "$haproxy" >>"$samples"; done
      done
      web_stop
    done
    say "  round $round of $count"
  done
  page_figures "$samples" "${whos[@]}" | measured page
  noted page "wrk, one thread, keeps its connections, asks for / without an Accept header: one line of plain text from either side. It runs on the same cores, as does HAProxy: requests a second are of what it leaves, requests a CPU second are by the container's own processor time"
}

# page_run WHO PATH CONNECTIONS URL HAPROXY — one run of the load as samples; what was not answered with 200 fails it.
page_run() {
  local name="$1, $2, $3 connections" node before after proxy out
  out=$(mktemp)
  before=$(cpu_of "$WEB") proxy=$(cpu_of "$5")
  wrk -t 1 -c "$3" -d "$(rounds 5 2)" --latency "$4" >"$out"
  after=$(cpu_of "$WEB") node=$((after - before)) proxy=$(($(cpu_of "$5") - proxy))
  if grep -q 'Non-2xx' "$out"; then warn "$name: $(grep 'Non-2xx' "$out")"; return 1; fi
  LC_ALL=C awk -v name="$name" -v node=$node -v proxy=$proxy -v path="$2" '
    function ms(s) {return s ~ /us$/ ? s / 1000 : s ~ /ms$/ ? s + 0 : s * 1000}
    $1 == "99%" {p99 = ms($2)}
    $2 == "requests" {requests = $1}
    $1 == "Requests/sec:" {rate = $2}
    /Socket errors/ {gsub(/[^0-9 ]/, ""); errors = $1 + $2 + $3 + $4}
    END {
      if (!requests || !node) exit 1
      print "requests a second: " name "\t" rate
      print "requests a CPU second: " name "\t" requests / node * 1e6
      print "p99: " name "\t" p99
      print "socket errors: " name "\t" errors + 0
      if (path == "haproxy") print "HAProxy'"'"'s share of the processor time: " name "\t" proxy / (proxy + node) * 100
    }' "$out"
  rm -f "$out"
}

# page_figures SAMPLES WHO…
page_figures() {
  local samples=$1 connections path
  grep '^requests a second' "$samples" | medians 1/s
  grep '^requests a CPU second' "$samples" | medians 1/s
  grep '^p99' "$samples" | medians ms
  grep '^HAProxy' "$samples" | medians %
  awk -F '\t' '/^socket errors/ && $2 > 0' "$samples" | medians errors || true
  if [ $# -gt 2 ]; then
    for path in direct haproxy; do
      for connections in 1 32 256; do
        ratio_of "$samples" "requests a CPU second: web-node, $path, $connections connections" "requests a CPU second: 2015, $path, $connections connections"
      done
      ratio_of "$samples" "p99: web-node, $path, 256 connections" "p99: 2015, $path, 256 connections"
    done
  fi
}

# next_instance — Consul has the other of two nodes as the only instance of web; WEB is the one that it has then.
next_instance() {
  local old=$WEB
  if [ "$WEB" = "${NODES[0]}" ]; then WEB=${NODES[1]}; else WEB=${NODES[0]}; fi
  curl -sf --max-time 5 -X PUT -d "{\"Name\": \"web\", \"ID\": \"$WEB\", \"Address\": \"$(web_address)\", \"Port\": 8080}" \
    "http://127.0.0.1:$CONSUL_PORT/v1/agent/service/register"
  [ -z "$old" ] || curl -sf --max-time 5 -X PUT "http://127.0.0.1:$CONSUL_PORT/v1/agent/service/deregister/$old"
}

bench_start() {
  local who whos=(plain) round count began renderer node samples=$OUT/start.tsv
  bench_images start
  if has_archive lb-renderer; then whos+=(archive); fi
  web_system 0
  stack stop lb-renderer >>"$LOG" 2>&1
  NODES=() WEB=
  for node in 1 2; do
    NODES+=("$(docker run -d --label "$BENCH_LABEL" --network "${COMPOSE_PROJECT_NAME}_default" -m 256m -e SERVICE_NAME="elsewhere-$node" \
      -e CONSUL_HTTP_ADDR=http://consul:8500 "rollcall/web-node:$BENCH_TAG")")
  done
  for WEB in "${NODES[@]}"; do AWAIT_PAUSE=$WEB_POLL awaited $WEB_LIMIT serves "http://$(web_address):8080/health"; done
  : >"$samples"
  count=$(rounds 11 2)
  for ((round = 1; round <= count; round++)); do
    for who in "${whos[@]}"; do
      next_instance
      began=$EPOCHREALTIME
      renderer=$(run_renderer "$who")
      AWAIT_PAUSE=$WEB_POLL awaited $WEB_LIMIT in_pool
      started "cold, $who" "$began" "$renderer" >>"$samples"
      sleep 3
      memory_of "$renderer" | awk -v who="$who" '{print "RSS when idle, " who "\t" $1; print "PSS when idle, " who "\t" $2}' >>"$samples"
      docker kill -s KILL "$renderer" >/dev/null
      docker wait "$renderer" >/dev/null
      next_instance
      began=$EPOCHREALTIME
      docker start "$renderer" >/dev/null
      AWAIT_PAUSE=$WEB_POLL awaited $WEB_LIMIT in_pool
      started "after a crash, $who" "$began" "$renderer" >>"$samples"
      docker rm -fv "$renderer" >/dev/null
    done
    say "  round $round of $count"
  done
  {
    grep -v ' when idle' "$samples" | distributions s
    grep ' when idle' "$samples" | medians MiB
  } | measured start
  noted start "from docker run, or docker start after SIGKILL, until HAProxy, which ran on, sends a request to the instance that has replaced the other one in Consul meanwhile"
}

# started WHAT BEGAN RENDERER — what it took until now, as samples.
started() {
  printf '%s\t%s\n' "$1" "$(since "$2" "$EPOCHREALTIME")"
  printf 'processor time until then, %s\t%s\n' "$1" "$(cpu_of "$3" | awk '{print $1 / 1e6}')"
}

# run_renderer WHO — lb-renderer as compose.yml has it, on the volumes of the system's.
run_renderer() {
  docker run -d --label "$BENCH_LABEL" --network "${COMPOSE_PROJECT_NAME}_default" -m 256m --read-only --tmpfs /tmp --cap-drop ALL \
    --user 10002:99 --group-add 0 -v "${COMPOSE_PROJECT_NAME}_haproxy-config:/etc/rollcall" \
    --mount "type=volume,source=${COMPOSE_PROJECT_NAME}_haproxy-run,target=/run/haproxy,volume-nocopy" \
    -e CONSUL_HTTP_ADDR=http://consul:8500 -e STATS_USER="$(setting STATS_USER '')" -e STATS_PASSWORD="$(setting STATS_PASSWORD '')" \
    "rollcall/lb-renderer:$BENCH_TAG$([ "$1" = archive ] || echo -plain)" \
    --output=/etc/rollcall/haproxy.cfg --master-socket=/run/haproxy/master.sock
}
