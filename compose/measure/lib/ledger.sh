# shellcheck shell=bash
# What a fault did and what it should have: one line of tabs a fault. Sourced, never run.

LEDGER='' STRUCK='' RECOVERED='' BESIDES='' BROKEN=''

# clear_judgement — before the next fault.
# shellcheck disable=SC2034 # POOL_EXCEPT is read by lib/pool.sh
clear_judgement() { POOL_EXCEPT='' STRUCK='' RECOVERED='' BESIDES='' BROKEN=''; }

# strike — from now on the time until the pool is right counts.
strike() { STRUCK=$(milliseconds); }

# await_pool LIMIT [WORD] — waits until the pool is right, at most a minute longer than it may take, and notes the time.
await_pool() {
  local took deadline=$((SECONDS + $1 + 60))
  until pool_is_right; do
    if [ $SECONDS -ge $deadline ]; then
      note_time "never ${2:-}"
      shortfall "pool not right ${2:+($2) }within $1 s"
      warn "  up: $(pool_up | paste -sd' ') - wanted: $(pool_wanted | paste -sd' ')"
      return 0
    fi
    sleep 0.1
  done
  took=$(seconds_since "$STRUCK")
  note_time "$took s${2:+ $2}"
  awk -v took="$took" -v limit="$1" 'BEGIN {exit !(took <= limit)}' || shortfall "pool right ${2:+($2) }after $took s, not $1 s"
}

note_time() { RECOVERED+=${RECOVERED:+, }$1; }

# besides WORDS COMMAND… — a promise beyond lost requests.
besides() {
  local words=$1
  shift
  if "$@"; then BESIDES+=${BESIDES:+, }$words; else shortfall "not: $words"; fi
}

shortfall() {
  warn "  $1"
  BROKEN+=${BROKEN:+; }$1
}

# enter NAME WORDS GET POST DIRECTORY — judges what the load shows; `-` promises nothing.
enter() {
  local key value requests=0 seconds=0 get=0 post=0 kinds='' twice=0 unrecorded=0 stall=0
  while IFS='=' read -r key value; do printf -v "$key" '%s' "$value"; done < <(load_figures "$5")
  [ "$3" = - ] || [ "$get" -le "$3" ] || shortfall "$get GET failed, not $3"
  [ "$4" = - ] || [ "$post" -le "$4" ] || shortfall "$post POST failed, not $4"
  [ "$twice" -eq 0 ] || shortfall "$twice delivered twice"
  [ "$unrecorded" -eq 0 ] || shortfall "$unrecorded answered POSTs not in the record"
  [ "$requests" -ge $((seconds * 3 * LOAD_RATE)) ] || shortfall "only $requests requests in $seconds s"
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$requests" "$get" "$post" "${kinds:--}" "$twice" "$stall" \
    "${RECOVERED:--}" "${BESIDES:--}" "${BROKEN:-kept}" >>"$LEDGER"
  say "  $requests requests, failed $get GET and $post POST${kinds:+ ($kinds)}, $twice twice, stall $stall s, pool right: ${RECOVERED:--}: ${BROKEN:-kept}"
}

ledger_table() {
  echo '| fault | requests | GET failed | POST failed | kinds | delivered twice | longest stall | pool right after | besides | verdict |'
  echo '|---|---:|---:|---:|---|---:|---:|---|---|---|'
  awk -F '\t' '{v = $11 == "kept" ? "kept" : "**not kept**: " $11
    printf "| `%s`: %s | %s | %s | %s | %s | %s | %s s | %s | %s | %s |\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, v}'
}
