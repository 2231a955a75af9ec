# shellcheck shell=bash
# Waiting until something holds. Sourced, never run.

# await SECONDS COMMAND… — tries until it succeeds, every AWAIT_PAUSE seconds (0.2).
await() {
  local deadline=$(($(milliseconds) + 1000 * $1))
  shift
  until "$@"; do
    [ "$(milliseconds)" -lt $deadline ] || return 1
    sleep "${AWAIT_PAUSE:-0.2}"
  done
}

# awaited SECONDS COMMAND… — the same; says what did not come about.
awaited() { await "$@" || { echo "not so after $1 s: ${*:2}" >&2; return 1; }; }

# SECONDS counts whole ones: two of those may be hardly more than one.
milliseconds() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
