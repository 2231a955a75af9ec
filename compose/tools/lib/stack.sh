# shellcheck shell=bash
# The composed system under its project name and ports. Sourced, never run.

export COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-rollcall}
# Compose would take a file or profile of the user's environment instead of ours.
unset COMPOSE_FILE COMPOSE_PROFILES COMPOSE_ENV_FILES

COMPOSE_FILES=("$HERE/compose.yml" ${ROLLCALL_OVERLAY:+"$ROLLCALL_OVERLAY"}) # and what lies over it, in this order
STACK_LIMIT=''                      # seconds for one call, if it is bounded

stack() {
  local file files=()
  for file in "${COMPOSE_FILES[@]}"; do files+=(-f "$file"); done
  ${STACK_LIMIT:+timeout "$STACK_LIMIT"} docker compose --ansi never --progress plain "${files[@]}" "$@"
}

# setting KEY DEFAULT — as Compose sees it: the environment, then .env, then the default.
setting() {
  local value=${!1:-}
  [ -n "$value" ] || value=$(dotenv_get "$1")
  echo "${value:-$2}"
}

# The base images, for Compose and Maven: what compose/tools/images has just decided, unless the environment says otherwise.
export_images() {
  local key value
  for key in CONSUL_IMAGE HAPROXY_IMAGE HAPROXY_OLD_IMAGE HAPROXY_JAVA_IMAGE CHROMIUM_IMAGE JRE_IMAGE LB_DEB_IMAGE PULL_POLICY; do
    value=$(setting "$key" '')
    if [ -n "$value" ]; then export "$key=$value"; fi
  done
}
