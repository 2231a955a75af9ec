# shellcheck shell=bash
# rollcall/web-2015, the image that web-node is measured against: Apache, PHP, supervisord and a Consul agent in one
# container. Sourced by compose/measure/prepare; the benchmarks alone need it.

readonly WEB_2015=rollcall/web-2015:trixie
WEB_2015_RECIPE=$(cat "$MEASURE"/bench.d/web-2015.sh "$MEASURE"/bench.d/web-2015/* | sha256sum | cut -c 1-16)

# web_2015 — has the image in the engine; HAVE_WEB_2015 is empty where it can't be had. Not for a condition, as it tries.
web_2015() {
  HAVE_WEB_2015=yes
  [ "$(docker image inspect -f '{{index .Config.Labels "dev.rollcall.recipe"}}' "$WEB_2015" 2>/dev/null)" != "$WEB_2015_RECIPE" ] || return 0
  HAVE_WEB_2015=
  is_debian || return 0
  try "build $WEB_2015 of Debian's packages" build_web_2015
  [ "$STEP_CODE" -ne 0 ] || HAVE_WEB_2015=yes
}

build_web_2015() {
  local WORK
  . "$LIB/debian.sh"
  . "$LIB/vm.sh"
  mkdir -p "$CACHE"
  WORK=$(mktemp -d "$CACHE/web-2015.XXXXXX")
  # shellcheck disable=SC2064 # the directory of now
  trap "rm -rf '$WORK'" EXIT
  mkdir -p "$WORK/vm/debs"
  apt_for trixie "$WORK/apt" update
  apt_for trixie "$WORK/apt" install -s '?essential' | awk '/^Inst/ {print $2}' >"$WORK/vm/essential"
  apt_for trixie "$WORK/apt" install --download-only '?essential' adduser apache2 libapache2-mod-php supervisor pipexec # that for Consul
  download_for bullseye "$WORK/apt-consul" consul # the last suite that has it
  mv "$WORK"/apt/archives/*.deb "$WORK"/apt-consul/archives/consul_*.deb "$WORK/vm/debs/"
  unpack_essential
  mkdir "$WORK/context"
  mv "$WORK/vm.tar" "$WORK/context/rootfs.tar"
  mv "$WORK/vm/debs" "$WORK/context/"
  cp "$MEASURE"/bench.d/web-2015/* "$WORK/context/"
  docker buildx build --load --progress plain --label "dev.rollcall.recipe=$WEB_2015_RECIPE" -t "$WEB_2015" "$WORK/context"
}
