# shellcheck shell=bash
# What every script here needs: where things are, how to speak, how to show a slow step. Sourced, never run.

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
readonly EXIT_FAILED=1 EXIT_USAGE=2 EXIT_MISSING=3
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
