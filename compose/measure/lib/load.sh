#!/usr/bin/env bash
# compose/measure/lib/load.sh — a constant load on a site by Apache JMeter, and a line for each of its requests. For programs, which
# have had JMeter prepared.
#
# usage: load.sh DIRECTORY HOST PORT SECONDS CONTROL [SLOW]
#   DIRECTORY  where load.csv goes
#   SECONDS    after which it ends by itself
#   CONTROL    UDP port for JMeter's commands, such as Shutdown
#   SLOW       requests a second that take 3 s, besides the others (default: 0)
#
# LOAD_RATE (30) requests a second of each of four kinds: GET and POST, over kept and over new connections.
set -euo pipefail
. "$(dirname "$0")/../../tools/lib/common.sh"
. "$MEASURE/lib/jmeter.sh"

readonly RATE=${LOAD_RATE:-30}
readonly CONNECTIONS=20 # kept ones, of GET and of POST each
readonly TIMEOUT=10000  # milliseconds until a client gives up
readonly RAMP=10        # seconds in which the load grows to its rate

[ $# -ge 5 ] || die "$EXIT_USAGE" "five arguments; see $SCRIPT --help"
out=$1
mkdir -p "$out"
words=("-Jhost=$2" "-Jport=$3" "-Jseconds=$4" "-Jslow=${6:-0}" "-Jrate=$RATE" "-Jconnections=$CONNECTIONS" "-Jramp=$RAMP" "-Jtimeout=$TIMEOUT"
  "-Jpause=$((2 * 1000 * CONNECTIONS / RATE))" # at most, in milliseconds; the mean is half of it
  # No request is sent a second time: what is lost is counted. A connection that the server has closed in good time is noticed
  # before it is used, as any client does.
  -Jhttpclient4.retrycount=0 -Jhttpclient4.request_sent_retry_enabled=false -Jhttpclient4.validate_after_inactivity=1
  "-Jjmeterengine.nongui.port=$5" "-Jjmeterengine.nongui.maxport=$5" -Jjmeterengine.force.system.exit=true
  -Jjmeter.save.saveservice.output_format=csv -Jjmeter.save.saveservice.autoflush=true)
# What is left: timeStamp,elapsed,label,responseCode,success,URL.
for name in response_message thread_name data_type assertion_results_failure_message bytes sent_bytes thread_counts idle_time \
  connect_time latency; do words+=("-Jjmeter.save.saveservice.$name=false"); done
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Djava.util.prefs.userRoot=$out" \
  -jar "$JMETER/bin/ApacheJMeter.jar" -n -t "$MEASURE/faults.d/load.jmx" -l "$out/load.csv" -j "$out/jmeter.log" "${words[@]}" \
  >"$out/jmeter.out" 2>&1
