# shellcheck shell=bash
# The faults of faults.d, and what is done with each. Sourced, never run.

# NAME|NODES|GET|POST|SLOW|WORDS[|alone]: it begins with so many nodes; so many requests may fail, - for any; slow requests a
# second; `alone` if it is not for compose/measure/soak, because it needs more than the running system or very long.
# fault_NAME does it, and prepare_NAME, where there is one, sees beforehand to what it needs of this machine.
FAULTS=()

# shellcheck disable=SC2034 # read by the scripts
readonly FAULT_LIMIT=600 # seconds; no fault takes longer
readonly AFTERWARDS=10   # seconds of load once all is well, for what comes late
RECORD='' # the directory of what is noted during the present fault

list_faults() {
  local fault name words where
  for fault in "${FAULTS[@]}"; do
    IFS='|' read -r name _ _ _ _ words where <<<"$fault"
    printf '%-10s %s%s\n' "$name" "$words" "${where:+ (not in compose/measure/soak)}"
  done
}

# fault_row NAME — its row; fails if there is none.
fault_row() {
  local fault
  for fault in "${FAULTS[@]}"; do
    [ "${fault%%|*}" = "$1" ] || continue
    echo "$fault"
    return
  done
  return 1
}

prepare_faults() {
  local name
  for name in "$@"; do ! declare -F "prepare_$name" >/dev/null || "prepare_$name"; done
}

for_soak() { [[ $1 != *'|alone' ]]; }

# could_not — a step of the fault itself failed: the others go on, but the row is not kept.
could_not() {
  [[ $BROKEN == *'a step failed'* ]] || shortfall "a step failed: $BASH_COMMAND; see $LOG"
}

# undergo NAME DIRECTORY — does the fault, notes meanwhile how many servers are up, and looks whether all is well at
# the end.
undergo() {
  RECORD=$2
  mkdir -p "$RECORD"
  : >"$RECORD/pool"
  watch_pool "$RECORD/pool" 2>/dev/null 9>&- &
  WATCHER=$!
  strike
  set +e -E
  trap could_not ERR
  "fault_$1"
  trap - ERR
  set -e +E
  sleep $AFTERWARDS
  besides 'and stayed so' pool_is_right
  kill "$WATCHER" 2>/dev/null || true
  wait "$WATCHER" 2>/dev/null || true
  WATCHER=''
}
