# shellcheck shell=bash
# Images from a registry, with a bound on how long a registry that is not there may hold things up. Sourced, never run.

readonly REGISTRY_LIMIT=8 # seconds until the registry must have answered at all
readonly PULL_LIMIT=900   # seconds for a whole image

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# pull_bounded IMAGE — the engine pulls it (through its own mirrors and proxies). Its reason, if it fails, is the
# last line of output.
pull_bounded() {
  local out pid deadline code=0
  out=$(mktemp)
  timeout "$PULL_LIMIT" docker pull "$1" >"$out" 2>&1 </dev/null &
  pid=$!
  deadline=$((SECONDS + REGISTRY_LIMIT))
  # The first line comes when the registry has shown the image's manifest.
  while kill -0 "$pid" 2>/dev/null && [ ! -s "$out" ]; do
    if [ $SECONDS -ge $deadline ]; then
      kill "$pid" 2>/dev/null || true
      echo "no answer within $REGISTRY_LIMIT s" >>"$out"
      code=1
      break
    fi
    sleep 0.1
  done
  wait "$pid" || code=1
  cat "$out"
  rm -f "$out"
  return "$code"
}

# Set by try_pull: why the last pull failed.
PULL_REASON=
# shellcheck disable=SC2034 # read by lib/choice.sh
# try_pull IMAGE — a step that may fail; succeeds at once where the image is here already.
try_pull() {
  PULL_REASON=
  try "docker pull $1" pull_bounded "$1"
  [ "$STEP_CODE" -eq 0 ] || PULL_REASON=$(tail -n 1 "$LOG" | sed 's/^Error response from daemon: //' | cut -c 1-200)
}
