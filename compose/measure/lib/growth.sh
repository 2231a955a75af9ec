# shellcheck shell=bash
# What every part holds, at two times, and whether it grows. Sourced, never run.

# The rule. Memory and threads are compared under the same load: after the warm-up and at the end. Sockets and
# descriptors are compared when quiet: before the load and after it. A container that was started meanwhile is held
# against the most that one of its service had at the start.
readonly RSS_PERCENT=25 RSS_MIB=32        # resident memory may be so much more, and so much besides: a Java heap that fills
readonly THREADS_PERCENT=25 THREADS_MORE=8 # a pool of threads that has met its first crowd
readonly SOCKETS_MORE=8 FILES_MORE=8      # connections that are kept to peers
readonly LOG_LIMIT=65536                  # bytes a minute of each container, what it was asked to record left out
readonly FILES_KEPT=12                    # haproxy.cfg, five backups, and what was rejected and why
readonly QUIET_LIMIT=90                   # seconds until all is quiet: the longest that an old worker or a dead instance stays

# Run in a container, by its own user: the processes of its first one, without those that look from outside. One line:
# processes, children of the first that are called haproxy, KiB resident, threads, sockets, descriptors.
# shellcheck disable=SC2016 # for the container's shell
readonly HOLDS='
  field() { while read -r key value _; do [ "$key" != "$2:" ] || { echo "$value"; return; }; done <"/proc/$1/status"; }
  processes=0 workers=0 rss=0 threads=0 sockets=0 files=0
  for directory in /proc/[0-9]*; do
    pid=${directory#/proc/}
    above=$pid
    while [ "${above:-0}" -gt 1 ]; do above=$(field "$above" PPid); done
    [ "${above:-0}" = 1 ] || continue
    # What is closed meanwhile, ls complains of.
    open=$(ls -l "/proc/$pid/fd" 2>/dev/null) || [ -n "$open" ] || continue
    processes=$((processes + 1))
    rss=$((rss + $(field "$pid" VmRSS)))
    threads=$((threads + $(field "$pid" Threads)))
    files=$((files + $(echo "$open" | grep -c -e "->")))
    sockets=$((sockets + $(echo "$open" | grep -c "socket:")))
    [ "$(field "$pid" Name) $(field "$pid" PPid)" != "haproxy 1" ] || workers=$((workers + 1))
  done
  [ "$processes" -gt 0 ] || exit 1
  echo "$processes $workers $rss $threads $sockets $files"
'

# The containers of the system that run: id, service, time of their start.
parts() {
  docker ps -q --no-trunc --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    --filter label=com.docker.compose.oneoff=False --filter status=running \
    | xargs -r docker inspect -f '{{.Id}} {{index .Config.Labels "com.docker.compose.service"}} {{.State.StartedAt}}' | sort -k 2
}

# holdings — one line a part, with tabs: service, container, start, and what HOLDS says.
holdings() {
  local id service started holds
  while read -r id service started; do
    holds=$(timeout 20 docker exec "$id" sh -c "$HOLDS" 2>>"$LOG" </dev/null) || holds='- - - - - -'
    printf '%s\t%s\t%s\t%s\n' "$service" "${id:0:12}" "$started" "${holds// /$'\t'}"
  done < <(parts)
}

# spoken SINCE MINUTES — one line a part: container, bytes of log a minute since then, or since its own start. What
# TRIAL=on makes a node write is left out. A log that was rotated away is not counted, but that needs 30 MiB.
spoken() {
  local id started since=$1
  while read -r id _ started; do
    docker logs --since "$since" "$id" 2>&1 </dev/null | { grep -v ' delivered ' || true; } | wc -c \
      | awk -v id="${id:0:12}" -v since="$since" -v started="$(date -d "$started" +%s)" -v now="$(date +%s)" '
        {from = started > since ? started : since; printf "%s\t%.0f\n", id, $1 * 60 / (now - from > 60 ? now - from : 60)}'
  done < <(parts)
}

# keeps — what the system as a whole keeps: lines of name and number.
keeps() {
  printf 'servers in HAProxy\t%s\n' "$(curl -s --max-time 2 -u "$STATS_USER:$STATS_PASSWORD" "http://127.0.0.1:$STATS_PORT/haproxy_stats;csv" \
    | awk -F , '$1 == "web" && $2 != "BACKEND"' | grep -c . || true)"
  printf 'instances in Consul\t%s\n' "$(consul_get /v1/health/service/web | grep -o '"ServiceID": *"web-[^"]*"' | sort -u | grep -c . || true)"
  printf 'files beside the configuration\t%s\n' "$(stack exec -T lb-renderer ls -A /etc/rollcall 2>>"$LOG" | grep -c . || true)"
}

# growth_rows DIRECTORY — from the files that note_growth left there, one line a part: name, age, start and end of memory
# (MiB), threads, sockets and descriptors, then old workers, log and verdict.
growth_rows() {
  (
    cd "$1" || exit
    awk -F '\t' -v OFS='\t' -v rss_percent=$RSS_PERCENT -v rss_mib=$RSS_MIB -v threads_percent=$THREADS_PERCENT \
      -v threads_more=$THREADS_MORE -v sockets_more=$SOCKETS_MORE -v files_more=$FILES_MORE -v log_limit=$LOG_LIMIT '
      function begins(what, n) {
        own[what, $2, $3] = n
        if (!((what, $1) in most) || n > most[what, $1]) most[what, $1] = n
      }
      # What this part held at the start: the same container since, or the most of its service.
      function was(what) {return (what, $2, $3) in own ? own[what, $2, $3] : most[what, $1] + 0}
      function finding(words) {grows = grows (grows ? "; " : "") words}
      function cell(name, from, to, bound) {
        bound = int(bound)
        if (to > bound) finding(name " " to ", not " bound)
        return from " → " to
      }
      stage == "spoken" {log_rate[$1] = $2; next}
      $4 == "-" {blind[$2]; if (stage != "quiet-end") next}
      stage == "loaded" {begins("memory", int($6 / 1024)); begins("threads", $7)}
      stage == "quiet" {begins("sockets", $8); begins("descriptors", $9)}
      stage == "loaded-end" {memory[$2] = int($6 / 1024); threads[$2] = $7}
      stage == "quiet-end" {
        grows = ""
        workers = $1 == "haproxy" ? $5 - 1 : "-"
        if ($2 in blind || !($2 in memory)) {finding("could not be looked into")}
        m = cell("memory", was("memory"), memory[$2] + 0, was("memory") * (100 + rss_percent) / 100 + rss_mib)
        t = cell("threads", was("threads"), threads[$2] + 0, was("threads") * (100 + threads_percent) / 100 + threads_more)
        s = cell("sockets", was("sockets"), $8 + 0, was("sockets") + sockets_more)
        f = cell("descriptors", was("descriptors"), $9 + 0, was("descriptors") + files_more)
        if (workers > 0) finding(workers " old workers")
        if (log_rate[$2] > log_limit) finding("log " log_rate[$2] " bytes a minute, not " log_limit)
        print $1 ($1 == "web-node" ? " " $2 : ""), ("memory", $2, $3) in own ? "all along" : "started meanwhile",
          m, t, s, f, workers, log_rate[$2] + 0, grows ? grows : "steady"
      }' stage=loaded loaded stage=quiet quiet stage=loaded-end loaded-end stage=spoken spoken stage=quiet-end quiet-end
  )
}

# kept_rows DIRECTORY — what the system keeps: name, start, end, bound, verdict. The bound is the start's figure, and
# for files those that lb-renderer may have besides: its backups, what was rejected and why.
kept_rows() {
  (
    cd "$1" || exit
    awk -F '\t' -v OFS='\t' -v files=$FILES_KEPT '
      FILENAME == "keeps" {start[$1] = $2; next}
      {bound = $1 ~ /^files/ ? files : start[$1]
       print $1, start[$1], $2, bound, ($2 > bound ? "**grows**" : "steady")}' keeps keeps-end
  )
}

# note_growth DIRECTORY WHEN — what every part holds now, and at the end of the load what it said. WHEN is quiet, loaded,
# loaded-end or quiet-end.
note_growth() {
  holdings >"$1/$2"
  case $2 in
    quiet) keeps >"$1/keeps"; date +%s >"$1/since" ;;
    loaded-end)
      stack logs --no-color --timestamps consul lb-renderer haproxy >"$1/parts.log" 2>>"$LOG" || warn "  their logs could not be had"
      spoken "$(cat "$1/since")" >"$1/spoken"
      ;;
    quiet-end) keeps >"$1/keeps-end" ;;
  esac
}

grows() { { growth_rows "$1"; kept_rows "$1"; } | awk -F '\t' '$NF != "steady" {found = 1} END {exit !found}'; }

# note_quiet DIRECTORY — the end, once all that will go has gone.
note_quiet() {
  local deadline=$((SECONDS + QUIET_LIMIT))
  note_growth "$1" quiet-end
  while grows "$1" && [ $SECONDS -lt $deadline ]; do
    sleep 3
    note_growth "$1" quiet-end
  done
}

growth_tables() {
  echo '| part | lived | memory, MiB | threads | sockets | descriptors | old workers | log, bytes a minute | verdict |'
  echo '|---|---|---:|---:|---:|---:|---:|---:|---|'
  growth_rows "$1" | awk -F '\t' '{v = $9 == "steady" ? "steady" : "**grows**: " $9
    printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5, $6, $7, $8, v}'
  echo
  echo '| the system keeps | at start | at end | at most | verdict |'
  echo '|---|---:|---:|---:|---|'
  kept_rows "$1" | awk -F '\t' '{printf "| %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5}'
}
