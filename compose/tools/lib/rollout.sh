# shellcheck shell=bash
# shellcheck disable=SC2153 # COMPOSE_PROJECT_NAME is set by lib/stack.sh
# What runs becomes what it should be, with nobody noticing. Compose replaces all containers of a service at once and, when
# it scales down, takes the highest numbers, healthy or not: so Compose only adds nodes here (--no-recreate), and what has to
# go is stopped one batch at a time, once others serve in its place. Sourced, never run.

readonly BATCHES=4 MOST_AT_ONCE=10     # nodes are replaced in so many batches, or more of at most so many nodes
readonly ROLLOUT_LIMIT=${ROLLOUT_LIMIT:-120} # seconds that a batch may take to serve, or lb-renderer to be ready
readonly STEADY=4                      # seconds; longer than HAProxy takes to find a dead server
readonly REREGISTER_LIMIT=30           # seconds in which nodes register again with a Consul that was replaced

WANTED='' # what a node should be made of: image and hash of its settings, as Compose computes them

# is_serving — there is somebody who would notice.
is_serving() { [ -n "$(running haproxy)" ]; }

# note_wanted — notes what a node should be made of.
note_wanted() {
  local image
  image=$(stack config --images web-node | head -n 1)
  WANTED=$(docker image inspect -f '{{.Id}}' "$image" 2>/dev/null) || die "$EXIT_FAILED" "there is no image $image; build it (compose/up without --no-build)"
  WANTED+=/$(stack config --hash web-node | cut -d ' ' -f 2)
}

# live_status — what lb-renderer tells now, HAProxy's own view of its servers included.
live_status() { curl -s --max-time 5 "http://127.0.0.1:$(setting STATUS_PORT 8404)/live"; }

# server_states — live's servers, one a line: address and `up` or `down`. One that was not checked yet is called UP by HAProxy
# and is not by us.
server_states() {
  tr '{' '\n' | sed -n 's/.*"endpoint": *"\([^"]*\):[0-9]*", *"state": *"\([^"]*\)", *"check": *"\([^"]*\)".*/\1|\2|\3/p' \
    | sed -E 's/\|no check\|.*/ up/; s/\|.*\|.*(INI|UNK).*/ down/; s/\|UP.*/ up/; s/\|.*/ down/'
}

# node_containers — id, name, number, status, health, address and what it is made of, a line a node, ended ones too.
node_containers() {
  docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    --filter label=com.docker.compose.service=web-node --filter label=com.docker.compose.oneoff=False \
    | xargs -r docker inspect -f '{{.Id}} {{.Name}} {{index .Config.Labels "com.docker.compose.container-number"}} {{.State.Status}} {{with .State.Health}}{{.Status}}{{else}}none{{end}} {{range .NetworkSettings.Networks}}{{or .IPAddress "-"}}{{end}} {{.Image}}/{{index .Config.Labels "com.docker.compose.config-hash"}}'
}

# classify_nodes WANTED SERVERS — node_containers' lines as: `outdated` or `current`; `ended`, `unhealthy`, `silent` (HAProxy sends it
# nothing) or `serves`; name; id. Those that can be spared best come first: the outdated before the others, then in the order
# of these words, then from the highest number down.
classify_nodes() {
  local id name number status health address made age does
  while read -r id name number status health address made; do
    age=outdated does=4-serves
    [ "$made" != "$1" ] || age=current
    if [[ $status =~ ^(exited|dead|created)$ ]]; then
      does=1-ended
    elif [ "$health" = unhealthy ] || [ "$status" != running ]; then
      does=2-unhealthy
    elif [ "$health" = starting ] || ! grep -Fqx "$address up" <<<"$2" || grep -Fqx "$address down" <<<"$2"; then
      does=3-silent
    fi
    echo "$age $does $number ${name#/} $id"
  done | sort -k 1,1r -k 2,2 -k 3,3nr | sed -E 's/ [1-4]-([a-z]+) [0-9]+ / \1 /'
}

node_states() { node_containers | classify_nodes "$WANTED" "$(live_status | server_states)"; }

# count PATTERN — how many of the lines on standard input have it.
count() { grep -c "$1" || true; }

# steadily COMMAND… — it succeeds for some seconds on end: a node that has just begun may be called down once more when it
# gets its share of the requests.
steadily() {
  local until=$((SECONDS + STEADY))
  while [ $SECONDS -lt $until ]; do
    "$@" || return 1
    sleep 0.5
  done
}

# serving_current N — so many nodes that are as they should be serve.
serving_current() { [ "$(node_states | count '^current serves')" -ge "$1" ]; }

# add_nodes MORE — that many beside those that are there, which stay as they are.
add_nodes() {
  stack up -d --no-recreate --remove-orphans --scale "web-node=$(($(node_containers | count .) + $1))" web-node
}

# remove_nodes — the nodes of the lines on standard input: they leave the pool, answer what they have begun, and are removed.
remove_nodes() {
  local ids
  mapfile -t ids < <(sed 's/.* //')
  [ ${#ids[@]} -gt 0 ] || return 0
  docker stop "${ids[@]}"
  docker rm -v "${ids[@]}"
}

# removable_nodes N MOST — of the nodes on standard input those outdated that can go while N serve: all that serve nobody, and of the
# others MOST at a time.
removable_nodes() {
  local table too_many
  table=$(cat)
  too_many=$(($(count ' serves ' <<<"$table") - $1))
  too_many=$((too_many < $2 ? too_many : $2))
  awk -v left="$too_many" '$1 == "outdated" && ($2 != "serves" || left-- > 0)' <<<"$table"
}

# batch N — how many of N nodes are replaced at a time.
batch() {
  local size=$((($1 + BATCHES - 1) / BATCHES))
  echo $((size < MOST_AT_ONCE ? size : MOST_AT_ONCE))
}

# replace_batch N SIZE MORE — first MORE new ones, and when all new ones serve, up to SIZE old ones go.
replace_batch() {
  local fresh
  fresh=$(($(node_containers | classify_nodes "$WANTED" '' | count '^current') + $3))
  if [ "$3" -gt 0 ]; then add_nodes "$3"; fi
  awaited "$ROLLOUT_LIMIT" steadily serving_current "$((fresh < $1 ? fresh : $1))"
  node_states | removable_nodes "$1" "$2" | remove_nodes
}

# abort_rollout — the new nodes that do not serve end, and are kept for who asks why; the old ones serve on.
abort_rollout() {
  local failed why=''
  failed=$(node_states | grep -E '^current (unhealthy|silent)' || true)
  if [ -n "$failed" ]; then
    sed 's/.* //' <<<"$failed" | xargs docker stop >/dev/null
    why=" Why: docker logs $(head -n 1 <<<"$failed" | cut -d ' ' -f 3)."
  fi
  die "$EXIT_ROLLOUT" "the new nodes did not serve within $ROLLOUT_LIMIT s, so no more are replaced; $(node_states | count ' serves ') nodes serve on.$why The log of what was done is $LOG. Correct the image or its settings, then run $SCRIPT again: it continues from there"
}

# replace_nodes N — all outdated ones, however many there are of them and of others.
replace_nodes() {
  local table outdated all missing size
  table=$(node_states)
  grep '^outdated ended' <<<"$table" | sed 's/.* //' | xargs -r docker rm -v >/dev/null || true # Compose would start them again as they were
  table=$(node_states)
  all=$(count '^outdated' <<<"$table")
  [ "$all" -gt 0 ] || return 0
  size=$(batch "$1")
  say "  $all nodes have another image or other settings and are replaced, $size at a time, new ones first; there are never fewer than $1 that serve"
  while outdated=$(count '^outdated' <<<"$table") && [ "$outdated" -gt 0 ]; do
    missing=$(($1 - $(count '^current' <<<"$table")))
    missing=$((missing < 0 ? 0 : missing < size ? missing : size))
    try "$((all - outdated)) of $all replaced; ${missing/#0/no} new ones first, then old ones" replace_batch "$1" "$size" "$missing"
    [ "$STEP_CODE" -eq 0 ] || abort_rollout
    table=$(node_states)
  done
}

# scale_nodes N — no container is replaced; unhealthy ones go first.
scale_nodes() {
  local table surplus
  table=$(node_states)
  surplus=$(($(count . <<<"$table") - $1))
  if [ $surplus -gt 0 ]; then
    head -n $surplus <<<"$table" | remove_nodes
  else
    add_nodes $((-surplus))
  fi
}

# nodes_known — Consul knows as many nodes as run.
nodes_known() {
  [ "$(curl -s --max-time 2 "http://127.0.0.1:$(setting CONSUL_PORT 8500)/v1/health/service/$(setting SERVICE_NAME web)?passing" | grep -o '"ServiceID"' | count . )" \
    -ge "$(running web-node | count .)" ]
}

is_ready() { curl -sf --max-time 2 -o /dev/null "http://127.0.0.1:$(setting STATUS_PORT 8404)/readyz"; }

# update_parts — Consul, lb-renderer and HAProxy as they should be, one after the other, so that one of them at a time is
# away, and HAProxy never unless it is HAProxy that changes.
update_parts() {
  local consul renderer
  consul=$(running consul) renderer=$(running lb-renderer)
  stack up -d consul
  # Who asks a Consul that has just lost its data is told of no nodes.
  if [ "$(running consul)" != "$consul" ] && ! is_secured; then await $REREGISTER_LIMIT nodes_known || true; fi
  stack up -d lb-renderer
  if [ "$(running lb-renderer)" != "$renderer" ]; then awaited "$ROLLOUT_LIMIT" is_ready; fi
  stack up -d haproxy
}
