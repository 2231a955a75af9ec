# shellcheck shell=bash
# What every script here needs: where things are, how to speak, one run at a time, slow steps, and waiting. A `--help` among
# the script's arguments is answered here. Sourced, never run.

LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOOLS=$(dirname "$LIB")
HERE=$(dirname "$TOOLS")
MEASURE=$HERE/measure
ROOT=$(dirname "$HERE")
SCRIPT=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
SCRIPT=${SCRIPT#"$ROOT/"}
STATE=${XDG_STATE_HOME:-$HOME/.local/state}/rollcall
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/rollcall
export HERE ROOT TOOLS LIB MEASURE STATE CACHE

# shellcheck disable=SC2034 # used by the scripts that source this
readonly EXIT_FAILED=1 EXIT_USAGE=2 EXIT_MISSING=3 EXIT_PORT=4 EXIT_SILENT=5
readonly LOCK_WAIT=900 # seconds; more than the slowest run that another one may have to wait for

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }

# die CODE WORDS… — one line on stderr, then the end.
die() {
  local code=$1
  shift
  printf '%s: %s\n' "$SCRIPT" "$*" >&2
  exit "$code"
}

# The comment at the head of a script is its help.
usage() { awk 'NR > 1 && !/^#/ {exit} NR > 1 {sub(/^# ?/, ""); print}' "$0"; }
case " $* " in *' --help '* | *' -h '*) usage && exit ;; esac

# unknown ARGUMENT
unknown() { die "$EXIT_USAGE" "unknown argument '$1'; see $SCRIPT --help"; }

is_root() { [ "$(id -u)" -eq 0 ]; }
is_debian() { [ -r /etc/os-release ] && (. /etc/os-release && [ "${ID:-}" = debian ]); }

# hold NAME — this run alone goes on; another one waits its turn. The lock ends with the process.
hold() {
  mkdir -p "$STATE"
  exec 9>"$STATE/$1.lock"
  flock -n 9 && return
  say "Waiting for another run ($STATE/$1.lock) …"
  flock -w "$LOCK_WAIT" 9 || die "$EXIT_FAILED" "another run still holds $STATE/$1.lock after $LOCK_WAIT s; end it, then try again"
}

# SECONDS counts whole ones: two of those may be hardly more than one.
milliseconds() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# await SECONDS COMMAND… — tries until it succeeds, every 0.2 s.
await() {
  local deadline=$(($(milliseconds) + 1000 * $1))
  shift
  until "$@"; do
    [ "$(milliseconds)" -lt $deadline ] || return 1
    sleep 0.2
  done
}

# awaited SECONDS COMMAND… — the same; says what did not come about.
awaited() { await "$@" || { echo "not so after $1 s: ${*:2}" >&2; return 1; }; }

# --- Slow steps: what is being done, how long it took, and the log's tail when it failed.

readonly TICK=15 # seconds between two signs of life of a slow step
readonly LOG_DAYS=7
LOG='' TICKER=''

# Opens this run's log. It is deleted when the run succeeds; what failed runs left goes after a week.
open_log() {
  mkdir -p "$STATE/log"
  find "$STATE/log" -name '*.log' -mtime +$LOG_DAYS -delete 2>/dev/null || true
  LOG=$STATE/log/$(basename "$0")-$(date +%Y%m%d-%H%M%S)-$$.log
  : >"$LOG"
  trap 'close_log $?' EXIT
}

close_log() {
  stop_ticker
  if [ "$1" -eq 0 ] || [ ! -s "$LOG" ]; then rm -f "$LOG"; fi
}

# seconds_since MILLISECONDS — with one decimal.
seconds_since() {
  local tenths=$((($(milliseconds) - $1) / 100))
  echo "$((tenths / 10)).$((tenths % 10))"
}

# try WORDS COMMAND… — runs the command into the log, sets STEP_CODE to its exit code and itself succeeds.
# The command runs with errexit on; that holds only while nothing that calls `try` stands in a condition.
try() {
  local words=$1 began failed=''
  began=$(milliseconds)
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
  [ "$STEP_CODE" -eq 0 ] || failed='  failed'
  printf '  %-52s %6s s%s\n' "$words" "$(seconds_since "$began")" "$failed"
}

# step WORDS COMMAND… — like try, but a failure ends the run with the tail of the log.
step() {
  try "$@"
  [ "$STEP_CODE" -eq 0 ] && return
  tail -n 30 "$LOG" | sed 's/^/  | /' >&2
  die "$EXIT_FAILED" "failed: $1; the whole log is $LOG"
}

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
