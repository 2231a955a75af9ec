# shellcheck shell=bash
# Slow steps: what is being done, how long it took, and the log's tail when it failed. Sourced, never run.

readonly TICK=15 # seconds between two signs of life of a slow step
readonly LOG_DAYS=7
LOG=

# Opens this run's log. It is deleted when the run succeeds; what failed runs left goes after a week.
open_log() {
  mkdir -p "$STATE/log"
  find "$STATE/log" -name '*.log' -mtime +$LOG_DAYS -delete 2>/dev/null || true
  LOG=$STATE/log/$(basename "$0")-$(date +%Y%m%d-%H%M%S)-$$.log
  : >"$LOG"
  trap 'close_log $?' EXIT
}

close_log() {
  local code=$1
  stop_ticker
  if [ "$code" -eq 0 ] || [ ! -s "$LOG" ]; then rm -f "$LOG"; fi
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.1f", b - a}'; }

# try WORDS COMMAND… — runs the command into the log, sets STEP_CODE to its exit code and itself succeeds.
# The command runs with errexit on; that holds only while nothing that calls `try` stands in a condition.
try() {
  local words=$1 began=$EPOCHREALTIME
  shift
  printf -- '--- %s\n' "$words" >>"$LOG"
  start_ticker "$words" "$began"
  set +e
  (
    set -e
    "$@"
  ) </dev/null >>"$LOG" 2>&1 9>&-
  STEP_CODE=$?
  set -e
  stop_ticker
  local took
  took=$(seconds_since "$began")
  if [ "$STEP_CODE" -eq 0 ]; then
    printf '  %-52s %6s s\n' "$words" "$took"
  else
    printf '  %-52s %6s s  failed\n' "$words" "$took"
  fi
}

# step WORDS COMMAND… — like try, but a failure ends the run with the tail of the log.
step() {
  try "$@"
  [ "$STEP_CODE" -eq 0 ] || fail_with_log "$1"
}

fail_with_log() {
  tail -n 30 "$LOG" | sed 's/^/  | /' >&2
  die "$EXIT_FAILED" "failed: $1; the whole log is $LOG"
}

TICKER=
start_ticker() {
  (
    trap 'kill "$!" 2>/dev/null; exit' TERM
    while kill -0 $$ 2>/dev/null; do
      sleep $TICK &
      wait "$!"
      printf '  … %s: %.0f s\n' "$1" "$(seconds_since "$2")"
    done
  ) 9>&- &
  TICKER=$!
}

stop_ticker() {
  [ -n "$TICKER" ] || return 0
  kill "$TICKER" 2>/dev/null || true
  wait "$TICKER" 2>/dev/null || true
  TICKER=
}
