# shellcheck shell=bash
# Official image or stand-in, for each part. Sourced, never run.

# The one place of each pin: what a plain `docker compose up` and a plain `mvn` use.
pin_of_compose() { sed -n "s/.*\${$1:-\([^}]*\)}.*/\1/p" "$HERE/compose.yml" | head -n 1; }
pin_of_maven() { sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$ROOT/pom.xml" | head -n 1; }
# shellcheck disable=SC2034 # used by compose/tools/images
readonly OLD_HAPROXY_PIN=haproxy:2.6.12

# A browser of last year is no test: the one that people have now.
# shellcheck disable=SC2034
readonly CHROMIUM_PIN=chromedp/headless-shell:stable

REGISTRY=unknown # or: gone

# choose VARIABLE PIN STANDIN — sets VARIABLE to the image in use and has that image in the engine. A value in the
# environment is the user's word: it is taken, or the run fails.
choose() {
  local variable=$1 pin=$2 standin=$3 wanted=${!1:-}
  PULL_REASON=
  [ -n "$pin" ] || die "$EXIT_FAILED" "no version pinned for $variable in compose.yml or pom.xml"
  if is_standin "$wanted"; then
    standin "$wanted"
  elif [ -n "$wanted" ]; then
    has_image "$wanted" || try_pull "$wanted"
    [ -z "$PULL_REASON" ] || die "$EXIT_FAILED" "$variable=$wanted is not here and cannot be pulled: $PULL_REASON"
  elif has_image "$pin"; then
    wanted=$pin
  else
    [ "$REGISTRY" = gone ] || try_pull "$pin"
    if [ "$REGISTRY" != gone ] && [ -z "$PULL_REASON" ]; then
      wanted=$pin
    else
      if [ "$REGISTRY" != gone ]; then say "  $pin cannot be had: $PULL_REASON"; fi
      # One image that the registry does not know says nothing of the others.
      case $PULL_REASON in *manifest*) ;; *) REGISTRY=gone ;; esac
      wanted=$standin
      standin "$wanted"
    fi
  fi
  printf -v "$variable" %s "$wanted"
  CHOSEN+=("$variable=$wanted")
}

readonly RECIPE_OF_PAIR=dev.rollcall.made-of
# haproxy_java — the test image of the two chosen ones; built anew when one of them has changed.
haproxy_java() {
  local image=rollcall/haproxy-java:${HAPROXY_IMAGE##*[:@]} made_of
  made_of=$(docker image inspect -f '{{.Id}}' "$HAPROXY_IMAGE" "$JRE_IMAGE" | paste -sd+)
  if [ "$(docker image inspect -f "{{index .Config.Labels \"$RECIPE_OF_PAIR\"}}" "$image" 2>/dev/null)" != "$made_of" ]; then
    mkdir -p "$WORK/empty"
    step "build $image" docker buildx build --load --progress plain --label "$RECIPE_OF_PAIR=$made_of" -t "$image" \
      --build-arg "HAPROXY_IMAGE=$HAPROXY_IMAGE" --build-arg "JRE_IMAGE=$JRE_IMAGE" \
      -f "$TOOLS/images.d/haproxy-java.Dockerfile" "$WORK/empty"
  fi
  CHOSEN+=("HAPROXY_JAVA_IMAGE=$image")
}
