# shellcheck shell=bash
# A constant load on the site by Apache JMeter, and what became of each request. Sourced, never run.

readonly LOAD_RATE=${LOAD_RATE:-30} # requests a second of each of four kinds: GET and POST, over kept and over new connections
readonly LOAD_CONNECTIONS=20 # kept connections, of GET and of POST each
readonly LOAD_TIMEOUT=10000 # milliseconds until a client gives up
readonly LOAD_RAMP=10       # seconds in which the load grows to that rate
readonly LOAD_START=90      # seconds until the load must be answered; a busy machine takes so long to start JMeter
readonly WARM_REQUESTS=300  # of each node, one after the other, before the load
readonly LOAD_TAIL=5        # seconds; what began before the end of the load may take so long, more than a slow answer

# What one request is recorded as: timeStamp,elapsed,label,responseCode,success,URL.
readonly LOAD_UNRECORDED="response_message thread_name data_type assertion_results_failure_message bytes sent_bytes
thread_counts idle_time connect_time latency"

LOAD='' # the directory of the load that goes on
LOAD_PID='' DELIVERIES_PID=''

JMETER_VERSION=$(sed -n 's:.*<jmeter.version>\(.*\)</jmeter.version>.*:\1:p' "$MEASURE/faults.d/jmeter.pom.xml")
JMETER=$CACHE/jmeter-$JMETER_VERSION
readonly JMETER_VERSION JMETER

# JMeter of Maven Central, laid out as its own distribution is.
install_jmeter() {
  local part=$JMETER.part
  [ ! -e "$JMETER/complete" ] || return 0
  rm -rf "$part" "$JMETER"
  mkdir -p "$part/lib/ext" "$part/lib/junit" "$part/bin"
  mvn -B -ntp -q -f "$MEASURE/faults.d/jmeter.pom.xml" dependency:copy-dependencies "-DoutputDirectory=$part/lib"
  mvn -B -ntp -q -f "$MEASURE/faults.d/jmeter.pom.xml" dependency:unpack-dependencies \
    -DincludeArtifactIds=ApacheJMeter_config "-DoutputDirectory=$part/config" '-Dmdep.unpack.includes=bin/*'
  mv "$part"/config/bin/* "$part/bin/"
  rm -rf "$part/config"
  mv "$part/lib/ApacheJMeter-$JMETER_VERSION.jar" "$part/bin/ApacheJMeter.jar"
  mv "$part"/lib/ApacheJMeter_*.jar "$part/lib/ext/"
  touch "$part/complete"
  mv "$part" "$JMETER"
}

# jmeter DIRECTORY HOST PORT SLOW SECONDS CONTROL — the load, in place of this shell; SLOW requests a second take 3 s, and
# the UDP port CONTROL takes its commands.
jmeter() {
  local out=$1 words name
  words=(-n -t "$MEASURE/faults.d/load.jmx" -l "$out/load.csv" -j "$out/jmeter.log"
    "-Jhost=$2" "-Jport=$3" "-Jrate=$LOAD_RATE" "-Jslow=$4" "-Jconnections=$LOAD_CONNECTIONS"
    "-Jpause=$((2 * 1000 * LOAD_CONNECTIONS / LOAD_RATE))" # at most, in milliseconds; the mean is half of it
    "-Jseconds=$5" "-Jramp=$LOAD_RAMP" "-Jtimeout=$LOAD_TIMEOUT"
    # No request is sent a second time: what is lost is counted. A connection that the server has closed in good time
    # is noticed before it is used, as any client does.
    -Jhttpclient4.retrycount=0 -Jhttpclient4.request_sent_retry_enabled=false -Jhttpclient4.validate_after_inactivity=1
    "-Jjmeterengine.nongui.port=$6" "-Jjmeterengine.nongui.maxport=$6"
    -Jjmeterengine.force.system.exit=true -Jjmeter.save.saveservice.output_format=csv
    -Jjmeter.save.saveservice.autoflush=true)
  for name in $LOAD_UNRECORDED; do words+=("-Jjmeter.save.saveservice.$name=false"); done
  exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    "-Djava.util.prefs.userRoot=$out" -jar "$JMETER/bin/ApacheJMeter.jar" "${words[@]}" >"$out/jmeter.out" 2>&1
}

# warm_up — lets the nodes load and compile what answers requests: each request begins when the one before has been
# answered, so that no machine is too slow for it.
warm_up() {
  local url=http://127.0.0.1:$HTTP_PORT/
  timeout "$LOAD_START" curl -s -o /dev/null --max-time 10 "$url?[1-$(($(node_ids | grep -c .) * WARM_REQUESTS))]" || true
}

# answered_well — the requests that ended last were all answered, each within a second.
answered_well() {
  load_goes_on
  tail -n $((4 * LOAD_RATE)) "$LOAD/load.csv" 2>/dev/null \
    | awk -F , -v wanted=$((4 * LOAD_RATE)) '$5 == "true" && $2 - ($3 ~ /slow/ ? 3000 : 0) < 1000 {n++} END {exit n < wanted}'
}

# begin_load DIRECTORY SLOW SECONDS — starts the load, with SLOW requests a second that take 3 s besides, and the record
# of what is delivered; both go to the directory. Returns when the load has its full rate and is answered: what begins from
# then on is counted, and what failed before is told. The load ends by itself after the seconds.
begin_load() {
  local out=$1 slow=$2 seconds=$3 began early
  LOAD=$out
  rm -rf "$out"
  mkdir -p "$out"
  warm_up
  STACK_LIMIT=$((seconds + LOAD_START + 60)) stack logs --follow --no-log-prefix --no-color web-node >"$out/deliveries.log" 2>&1 9>&- &
  DELIVERIES_PID=$!
  jmeter "$out" 127.0.0.1 "$HTTP_PORT" "$slow" "$seconds" "$STATUS_PORT" 9>&- &
  LOAD_PID=$!
  began=$SECONDS
  await $LOAD_START load_has_begun || die "$EXIT_FAILED" "JMeter has not begun within $LOAD_START s; see $out"
  sleep $((LOAD_RAMP + 3))
  await $LOAD_START answered_well || warn "  after $((SECONDS - began)) s the load is still not answered within a second: this machine is too busy for times to mean much"
  date +%s%3N >"$out/begin"
  early=$(failed_since 0)
  [ "$early" -eq 0 ] || warn "  $early requests failed while the load grew; they are not counted, and stand in $out/load.csv"
}

load_goes_on() {
  kill -0 "$LOAD_PID" 2>/dev/null || { tail -n 5 "$LOAD/jmeter.out" >&2; die "$EXIT_FAILED" "JMeter ended at once; see $LOAD"; }
}

load_has_begun() {
  load_goes_on
  [ "$(grep -c '^[0-9]' "$LOAD/load.csv" 2>/dev/null || true)" -gt 0 ] 2>/dev/null
}

# end_load — lets the requests that have begun end, and stops the load. Those that begin meanwhile are not
# counted, because the end of the load may cut them.
end_load() {
  local deadline
  date +%s%3N >"$LOAD/end"
  sleep $LOAD_TAIL
  echo Shutdown >"/dev/udp/127.0.0.1/$STATUS_PORT"
  deadline=$((SECONDS + 15))
  while kill -0 "$LOAD_PID" 2>/dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
  abandon_load
}

# abandon_load — ends what begin_load started, whatever it does.
abandon_load() {
  local pid
  for pid in $LOAD_PID $DELIVERIES_PID; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  LOAD_PID='' DELIVERIES_PID=''
}

# failed_since MILLISECONDS — how many requests failed of those that began after this time of the epoch.
failed_since() { awk -F , -v since="$1" '$1 ~ /^[0-9]+$/ && $1 > since && $5 != "true"' "$LOAD/load.csv" | grep -c . || true; }

# load_figures DIRECTORY — KEY=VALUE of: requests, seconds, get and post (failed), kinds (of failures), twice
# (delivered), unrecorded (answered, but not in the record: then `twice` may be wrong), stall (seconds).
load_figures() {
  awk -F , -v begin="$(cat "$1/begin")" -v end="$(cat "$1/end")" '
    function kind(code) {
      if (code ~ /^[0-9]+$/) return "HTTP " code
      sub(/.*[.]/, "", code)
      if (code ~ /NoHttpResponse/) return "closed unanswered"
      if (code ~ /HostConnect|^ConnectException/) return "refused"
      if (code ~ /ConnectTimeout/) return "connect timed out"
      if (code ~ /SocketTimeout/) return "timed out"
      if (code == "SocketException") return "reset"
      return code
    }
    FILENAME ~ /deliveries/ {if (match($0, / delivered [A-Za-z0-9-]+$/)) {split($0, w, / delivered /); delivered[w[2]]++}; next}
    $1 !~ /^[0-9]+$/ || $1 < begin || $1 > end {next}
    {
      requests++
      method = $3; sub(/ .*/, "", method)
      if (!first || $1 < first) first = $1
      took = $2 - ($3 ~ /slow/ ? 3000 : 0)
      if (took > stall) stall = took
      if ($5 != "true") {failed[method]++; kinds[method " " kind($4)]++}
      else if (method == "POST") {id = $6; sub(/.*id=/, "", id); if (!(id in delivered)) unrecorded++}
    }
    END {
      for (id in delivered) if (delivered[id] > 1) twice++
      for (k in kinds) words = words (words ? ", " : "") kinds[k] " × " k
      printf "requests=%d\nseconds=%.0f\nget=%d\npost=%d\nkinds=%s\ntwice=%d\nunrecorded=%d\nstall=%.1f\n", requests,
        (end - first) / 1000, failed["GET"], failed["POST"], words, twice, unrecorded, stall / 1000
    }' "$1/deliveries.log" "$1/load.csv"
}
