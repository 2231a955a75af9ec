# shellcheck shell=bash
# What killed test runs have left in the engine. The tests label containers and networks with the process id of their
# Java; where that process lives on, so do they. Sourced, never run.

readonly TEST_LABEL=dev.rollcall.test

remove_leftovers() {
  local id pid
  # Process ids mean nothing where the engine serves several machines.
  case ${DOCKER_HOST:-unix:} in unix:*) ;; *) return 0 ;; esac
  while read -r id pid; do
    kill -0 "$pid" 2>/dev/null || docker rm -f -v "$id" >/dev/null
  done < <(docker ps -a --filter label=$TEST_LABEL --format "{{.ID}} {{.Label \"$TEST_LABEL\"}}")
  while read -r id pid; do
    kill -0 "$pid" 2>/dev/null || docker network rm "$id" >/dev/null
  done < <(docker network ls --filter label=$TEST_LABEL --format "{{.ID}} {{.Label \"$TEST_LABEL\"}}")
}
