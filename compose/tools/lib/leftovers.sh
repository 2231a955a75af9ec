# shellcheck shell=bash
# What killed test runs have left in the engine: containers and networks of Testcontainers with the project's label.
# The label's value is the process id of the run's Java; where it is something else, age decides. Sourced, never run.

readonly TEST_LABEL=dev.rollcall.test
readonly LEFT_AFTER=3600 # seconds; longer than any run of all tests

# left_over RUN CREATED — the run that made it, at that time, has ended.
left_over() {
  if [[ $1 =~ ^[1-9][0-9]*$ ]]; then
    ! kill -0 "$1" 2>/dev/null
  else
    [ $(($(date +%s) - $(date -d "$2" +%s))) -gt $LEFT_AFTER ]
  fi
}

# left WHAT LABELS — those of the engine's containers or networks: id, run, time.
left() {
  xargs -r docker "$1" inspect -f "{{.Id}} {{index $2 \"$TEST_LABEL\"}} {{json .Created}}" | tr -d '"' \
    | while read -r id run created; do if left_over "$run" "$created"; then echo "$id"; fi; done
}

remove_leftovers() {
  local ours=(--filter "label=$TEST_LABEL" --filter label=org.testcontainers=true) containers networks
  # Process ids mean nothing where the engine serves several machines.
  case ${DOCKER_HOST:-unix:} in unix:*) ;; *) return 0 ;; esac
  mapfile -t containers < <(docker ps -aq "${ours[@]}" | left container .Config.Labels)
  mapfile -t networks < <(docker network ls -q "${ours[@]}" | left network .Labels)
  [ ${#containers[@]} -eq 0 ] || docker rm -f -v "${containers[@]}" >/dev/null || true
  [ ${#networks[@]} -eq 0 ] || docker network rm "${networks[@]}" >/dev/null || true
  [ $((${#containers[@]} + ${#networks[@]})) -eq 0 ] \
    || say "Removed what killed test runs had left: ${#containers[@]} containers, ${#networks[@]} networks"
}
