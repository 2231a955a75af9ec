# shellcheck shell=bash
# Certificates and tokens of the secured system, and Consul's API as its operator. Sourced, never run.

readonly SECRETS=$HERE/secrets/$COMPOSE_PROJECT_NAME
readonly OPERATOR=$SECRETS/operator
readonly TOKEN_ROLES="web-node lb-renderer"

# is_secured — this copy runs so, or has; nothing but the overlay makes that volume.
is_secured() { docker volume inspect "${COMPOSE_PROJECT_NAME}_consul-data" >/dev/null 2>&1; }

# secret_files ARGUMENTS… — secure.d/files.sh on the secrets of this copy: in a container, as files are given to other users.
secret_files() {
  docker run --rm -i --network none --user 0:0 --read-only --cap-drop ALL --cap-add CHOWN --cap-add FOWNER \
    --cap-add DAC_OVERRIDE --security-opt no-new-privileges:true --label dev.rollcall.secrets \
    -v "$SECRETS:/secrets" -v "$TOOLS/secure.d/files.sh:/files.sh:ro" --entrypoint sh "$CONSUL_IMAGE" /files.sh "$@"
}

# make_secrets [renew] — what is missing of CA, certificates and keys; with `renew` all certificates anew.
make_secrets() {
  mkdir -p "$SECRETS"
  chmod 700 "$HERE/secrets" "$SECRETS"
  setting STATS_PASSWORD '' | tr -d '\n' | secret_files "$(id -u):$(id -g)" "$@"
  mkdir -p "$OPERATOR/accessors"
}

remove_secrets() {
  [ -d "$SECRETS" ] || return 0
  # What belongs to other users, root alone can take away.
  rm -rf "$SECRETS" 2>/dev/null || { secret_files remove </dev/null && rmdir "$SECRETS"; }
  rmdir "$HERE/secrets" 2>/dev/null || true
}

# consul_api METHOD PATH — with the operator's certificate and token; standard input is the body. Prints the answer, and
# fails if its status is not 200. No secret stands on a command line.
consul_api() {
  local body code
  body=$(mktemp)
  code=$(curl -s -o "$body" -w '%{http_code}' --max-time 10 -K "$OPERATOR/curl" -X "$1" --data-binary @- \
    "https://localhost:$(setting CONSUL_PORT 8500)$2") || true
  cat "$body"
  rm -f "$body"
  [ "$code" = 200 ]
}

# ask_consul PATH
ask_consul() { consul_api GET "$1" </dev/null; }

# field NAME — its text in the JSON object on standard input.
field() { sed -nE "s/.*\"$1\": ?\"([^\"]*)\".*/\1/p" | head -n 1; }

# json_text — standard input as a text of JSON.
json_text() { printf '"%s"' "$(sed 's/\\/\\\\/g; s/"/\\"/g; s/$/\\n/' | tr -d '\n')"; }

# keep_operator [TOKEN] — the token, and how curl gets in: curl -K FILE https://localhost:PORT/v1/…
keep_operator() {
  (
    umask 077
    printf '%s\n' "${1:-}" >"$OPERATOR/token"
    printf '%s = "%s"\n' cacert "$OPERATOR/ca.pem" cert "$OPERATOR/cert.pem" key "$OPERATOR/key.pem" \
      header "X-Consul-Token: ${1:-}" noproxy '*' >"$OPERATOR/curl.new"
    mv "$OPERATOR/curl.new" "$OPERATOR/curl"
  )
}

# bootstrap_acl — has a management token in the operator's directory that this Consul knows. Consul gives it once.
bootstrap_acl() {
  local token answer deadline=$((SECONDS + 30))
  [ -s "$OPERATOR/curl" ] || keep_operator
  until ask_consul /v1/acl/token/self >/dev/null; do
    answer=$(consul_api PUT /v1/acl/bootstrap </dev/null) || true
    token=$(field SecretID <<<"$answer")
    if [ -n "$token" ]; then
      keep_operator "$token"
      say 'management token'
    else
      [ $SECONDS -lt $deadline ] || die "$EXIT_FAILED" "Consul does not know the token in $OPERATOR/token and gives no first one (${answer:-no answer at port $(setting CONSUL_PORT 8500)}): put the right one there, or begin anew with compose/down"
      sleep 0.5
    fi
  done
}

# put_policy NAME — as its file has it.
put_policy() {
  local service id rules
  service=$(setting SERVICE_NAME web)
  [[ $service =~ ^[A-Za-z0-9-]+$ ]] || die "$EXIT_USAGE" "SERVICE_NAME=$service is no name of a service"
  # shellcheck disable=SC2016 # stands in the files
  rules=$(sed 's/${SERVICE_NAME}/'"$service"'/g' "$TOOLS/secure.d/policies/$1.hcl" | json_text)
  id=$(ask_consul "/v1/acl/policy/name/$1" | field ID) || id=''
  consul_api PUT "/v1/acl/policy${id:+/$id}" <<<"{\"Name\": \"$1\", \"Rules\": $rules}" >/dev/null \
    || die "$EXIT_FAILED" "Consul does not take the policy $1 of compose/tools/secure.d/policies"
}

# give_token ROLE — a new token with the policy of that name to those who play the role, and takes note which one it is.
give_token() {
  local accessor secret
  accessor=$(</proc/sys/kernel/random/uuid)
  secret=$(</proc/sys/kernel/random/uuid)
  consul_api PUT /v1/acl/token <<<"{\"AccessorID\": \"$accessor\", \"SecretID\": \"$secret\", \"Description\": \"Rollcall: $1\", \"Policies\": [{\"Name\": \"$1\"}]}" >/dev/null \
    || die "$EXIT_FAILED" "Consul makes no token for $1"
  if [ "$1" = consul-agent ]; then
    consul_api PUT /v1/agent/token/agent <<<"{\"Token\": \"$secret\"}" >/dev/null || die "$EXIT_FAILED" "the agent does not take its token"
  else
    secret_files token "$1" <<<"$secret"
  fi
  echo "$accessor" >"$OPERATOR/accessors/$1"
  say "token of $1"
}

# has_token ROLE — Consul knows the token that the role was given.
has_token() {
  [ -s "$OPERATOR/accessors/$1" ] && ask_consul "/v1/acl/token/$(cat "$OPERATOR/accessors/$1")" >/dev/null
}

# make_acl — the policies as their files have them, and the tokens that are missing.
make_acl() {
  local role
  bootstrap_acl
  for role in consul-agent $TOKEN_ROLES; do
    put_policy "$role"
    has_token "$role" || give_token "$role"
  done
}

# renew_certificates — clients read theirs again for each connection, Consul when it is told to.
renew_certificates() {
  make_secrets renew
  stack kill -s HUP consul
}

# secure_consul — a Consul that runs secured, and everything that the others need to speak with it.
secure_consul() {
  COMPOSE_FILES+=("$HERE/secure.yml")
  step "certificates in compose/secrets" make_secrets
  step "start Consul with ACLs and TLS" stack up -d --wait --wait-timeout 60 consul
  step "policies and tokens" make_acl
}
