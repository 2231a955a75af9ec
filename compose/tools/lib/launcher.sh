# shellcheck shell=bash
# What rollcall/launcher stands on: an image with Java in which apt-get works, since images of programs are built on it. The
# official Java image is one. The stand-in of that has no package database, so here it gets a Debian below it. Sourced, never run.

readonly STANDIN_JRE_APT=rollcall/standin-jre-apt:trixie

# launcher_base — has it in the engine, and says which it is in LAUNCHER_BASE.
launcher_base() {
  local recipe
  # shellcheck disable=SC2034 # used by the scripts that source this
  LAUNCHER_BASE=$JRE_IMAGE
  [[ $JRE_IMAGE == rollcall/standin-* ]] || return 0
  LAUNCHER_BASE=$STANDIN_JRE_APT
  recipe=$({
    cat "$LIB/launcher.sh" "$LIB/debian.sh" "$TOOLS"/launcher.d/*
    docker image inspect -f '{{.Id}}' "$JRE_IMAGE"
  } | sha256sum | cut -c 1-16)
  [ "$(label_of "$LAUNCHER_BASE" dev.rollcall.recipe)" != "$recipe" ] || return 0
  is_debian || die "$EXIT_MISSING" "$JRE_IMAGE has no apt-get, and a Debian below it can be built on Debian alone; set JRE_IMAGE to an image that has both"
  step "build $LAUNCHER_BASE of Debian's packages" build_launcher_base "$recipe"
}

build_launcher_base() {
  local work
  mkdir -p "$CACHE"
  work=$(mktemp -d "$CACHE/launcher.XXXXXX")
  # shellcheck disable=SC2064 # the directory of now
  trap "rm -rf '$work'" EXIT
  debian_system trixie "$work" apt adduser ca-certificates
  rm "$work"/debs/consul_*.deb
  mkdir "$work/context"
  mv "$work/rootfs.tar" "$work/debs" "$work/context/"
  cp "$work/apt/sources/debian.list" "$work/context/"
  docker buildx build --load --progress plain --label "dev.rollcall.recipe=$1" -t "$LAUNCHER_BASE" --build-arg "JRE_IMAGE=$JRE_IMAGE" \
    -f "$TOOLS/launcher.d/jre-apt.Dockerfile" "$work/context"
}
