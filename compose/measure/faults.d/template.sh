# shellcheck shell=bash
# Templates that change, well or badly. Sourced by compose/measure/faults and compose/measure/soak.

FAULTS+=(
  "edit|3|0|0|0|the template edited 20 times, each a reload"
  "bad|3|0|0|0|a template that HAProxy refuses is saved; mended after 10 s"
)

reloads_are() { [ "$(reloads)" = "$1" ]; }

edit_template() {
  sed "s/timeout http-request 10s/timeout http-request $1/" "$TEMPLATES/faults.mustache" >"$TEMPLATES/.next"
  put_template
}

fault_edit() {
  local before edit at missed=0
  at=$(milliseconds)
  before=$(reloads)
  for edit in {1..20}; do
    fresh_template
    edit_template "$((10 + edit))s"
    await 15 reloads_are $((before + edit)) || missed=$((missed + 1))
  done
  strike
  await_pool 5 "after the last"
  besides "20 reloads in $(seconds_since "$at") s" test "$missed" -eq 0
  fresh_template
  await 15 reloads_are $((before + 21)) || true
}

is_ready() { curl -sf --max-time 2 -o /dev/null "http://127.0.0.1:$STATUS_PORT/readyz"; }

is_degraded() { ! is_ready; }

fault_bad() {
  edit_template 'nonsense'
  besides 'not ready while bad' await 15 is_degraded
  sleep 10
  strike
  fresh_template
  besides 'ready again by itself' await 15 is_ready
  await_pool 15 mended
}
