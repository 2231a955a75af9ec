# shellcheck shell=bash
# Archives of loaded classes, by which an application starts faster: an image is run once, what its JVM has loaded by the
# end is kept, and laid over that very image. Sourced, never run.
#
# No old code can run. An image that is built anew has no archive until it was run itself; and images.d/start.sh, by
# which an image with an archive starts, compares the hash of every file that the archive was made of first.

readonly ARCHIVE_LABEL=dev.rollcall.archive-of # image id and recipe that an image with an archive was made of
readonly TRAINING_LIMIT=120                    # seconds for each thing that a training run waits for
TRAINING=                                      # label of the containers and volume of this training

# archive NAME — rollcall/NAME becomes the same image with an archive; one that was made before is taken again. In a shell of its
# own, so that its end takes the place of no other.
archive() (
  local image made_of plain made work
  exec 8>"$STATE/archive.lock"
  flock -w "$LOCK_WAIT" 8 || { echo "another run still makes an archive after $LOCK_WAIT s"; return 1; }
  image=rollcall/$1:$(setting ROLLCALL_TAG latest)
  made_of=$(docker image inspect -f "{{index .Config.Labels \"$ARCHIVE_LABEL\"}}" "$image")
  [ -z "$made_of" ] || return 0
  plain=$(docker image inspect -f '{{.Id}}' "$image")
  made_of=$plain-$(cat "$LIB/archive.sh" "$TOOLS/images.d/start.sh" | sha256sum | cut -c 1-16)
  made=$(docker image ls -q --no-trunc --filter "label=$ARCHIVE_LABEL=$made_of" | head -n 1)
  if [ -z "$made" ]; then
    work=$(mktemp -d)
    TRAINING=dev.rollcall.training=$BASHPID
    # shellcheck disable=SC2064 # what they are now
    trap "end_training '$TRAINING' '$work'" EXIT
    train "$1" "$plain" "$work"
    made=$(lay_over "$plain" "$work" "$made_of")
  fi
  docker tag "$made" "$image"
)

end_training() {
  {
    docker ps -aq --filter "label=$1"
    cat "$2/layer" 2>/dev/null || true
  } | xargs -r docker rm -fv >/dev/null
  docker volume ls -q --filter "label=$1" | xargs -r docker volume rm >/dev/null
  rm -rf "$2"
}

# train NAME IMAGE WORK — leaves in WORK/archive what is laid over the image.
train() {
  local name=$1 image=$2 work=$3 consul trained file option
  mkdir "$work/archive"
  if docker run --rm --label "$TRAINING" --network none --entrypoint java "$image" -XX:+PrintFlagsFinal -version 2>/dev/null | grep AOTCacheOutput >/dev/null; then
    file=classes.aot option=-XX:AOTCacheOutput
    echo -XX:AOTCache=/app/archive/$file >"$work/option"
  else
    file=classes.jsa option=-XX:ArchiveClassesAtExit
    echo -XX:SharedArchiveFile=/app/archive/$file >"$work/option"
  fi
  # The others are in its network, and reach each other over the loopback. HAProxy binds port 80 there.
  consul=$(docker run -d --label "$TRAINING" --sysctl net.ipv4.ip_unprivileged_port_start=0 "$CONSUL_IMAGE" \
    agent -dev -client 0.0.0.0 -log-level warn)
  awaited $TRAINING_LIMIT docker exec "$consul" sh -c 'wget -q -O - http://127.0.0.1:8500/v1/status/leader | grep -q :8300'
  # By the first compiler alone: what the JVM else keeps for the second one costs more at a start than it saves.
  "train_$name" "$image" "$consul" -e "JDK_JAVA_OPTIONS=$option=/tmp/$file -XX:TieredStopAtLevel=1" >"$work/container"
  trained=$(<"$work/container")
  docker exec "$trained" sh -c 'find /app -type f | sort | xargs sha256sum && sha256sum "$JAVA_HOME/release"' >"$work/archive/made-of"
  docker stop -t $TRAINING_LIMIT "$trained"
  docker logs "$trained" 2>&1 | tail -n 5
  [ "$(docker inspect -f '{{.State.ExitCode}}' "$trained")" -eq 0 ]
  docker cp -q "$trained:/tmp/$file" "$work/archive/"
  install -m 755 "$TOOLS/images.d/start.sh" "$work/archive/start"
}

# train_NAME IMAGE CONSUL ARGUMENTS… — runs the image with these arguments of `docker run` and exercises it; prints the
# container, which still runs.
train_web-node() {
  local image=$1 consul=$2 node
  node=$(docker run -d --label "$TRAINING" --network "container:$consul" "${@:3}" "$image")
  awaited $TRAINING_LIMIT answers "$consul" http://127.0.0.1:8500/v1/health/service/web?passing 8080
  answers "$consul" http://127.0.0.1:8080/ .
  answers "$consul" http://127.0.0.1:8080/ '<html' 'Accept: text/html'
  answers "$consul" http://127.0.0.1:8080/health ok
  echo "$node"
}

train_lb-renderer() {
  local image=$1 consul=$2 renderer config socket
  config=$(docker volume create --label "$TRAINING")
  socket=$(docker volume create --label "$TRAINING")
  service "$consul" 1
  renderer=$(docker run -d --label "$TRAINING" --network "container:$consul" --group-add 0 \
    -v "$config:/etc/rollcall" -v "$socket:/run/haproxy" "${@:3}" "$image" \
    --output=/etc/rollcall/haproxy.cfg --master-socket=/run/haproxy/master.sock)
  awaited $TRAINING_LIMIT answers "$consul" http://127.0.0.1:8404/healthz ok
  docker run -d --label "$TRAINING" --network "container:$consul" --volumes-from "$renderer" --user 0:0 "$HAPROXY_IMAGE" \
    haproxy -W -db -S /run/haproxy/master.sock,mode,666,level,admin -f /etc/rollcall/haproxy.cfg >/dev/null
  awaited $TRAINING_LIMIT answers "$consul" http://127.0.0.1:8404/readyz ok
  service "$consul" 2
  awaited $TRAINING_LIMIT answers "$consul" http://127.0.0.1:8404/status web-2
  answers "$consul" http://127.0.0.1:8404/ '<html'
  answers "$consul" http://127.0.0.1:8404/metrics rollcall
  echo "$renderer"
}

service() { docker exec "$1" consul services register -name=web -id="web-$2" -address="127.0.0.$2" -port=8080 >/dev/null; }

# answers CONTAINER URL PATTERN [HEADER] — asked from within the container, the answer has the pattern.
answers() { docker exec "$1" wget -q -T 5 ${4:+--header "$4"} -O - "$2" | grep "$3" >/dev/null; }

# lay_over IMAGE WORK MADE_OF — prints the id of the image with WORK/archive on top, once it has been seen to start by it.
lay_over() {
  local container made entry
  entry=$(docker image inspect -f '{{range .Config.Entrypoint}}, "{{.}}"{{end}}' "$1")
  container=$(docker create "$1") # a label of it would be one of the image
  echo "$container" >"$2/layer"
  tar -C "$2" --owner=0 --group=0 --numeric-owner -c archive | docker cp -q - "$container:/app/"
  made=$(docker commit --change "ENTRYPOINT [\"/app/archive/start\", \"$(<"$2/option")\"$entry]" \
    --change "LABEL $ARCHIVE_LABEL=$3" "$container")
  docker run --rm --label "$TRAINING" --network none -e JDK_JAVA_OPTIONS=-Xlog:class+load "$made" --version \
    | grep '^.* dev\.rollcall\..* source: shared objects file' >/dev/null || {
    echo "the JVM takes no class from its archive" >&2
    docker image rm -f "$made" >/dev/null
    return 1
  }
  echo "$made"
}
