# shellcheck shell=bash
# rollcall/web-2015, the image that web-node is measured against: Apache, PHP, supervisord and a Consul agent in one
# container. Sourced by compose/measure/prepare; the benchmarks alone need it.

readonly WEB_2015=rollcall/web-2015:trixie
WEB_2015_RECIPE=$(cat "$MEASURE"/bench.d/web-2015.sh "$MEASURE"/bench.d/web-2015/* | sha256sum | cut -c 1-16)

has_web_2015() { [ "$(label_of $WEB_2015 dev.rollcall.recipe)" = "$WEB_2015_RECIPE" ]; }

# The image is left out where it can't be had.
need_web-2015() {
  if ! has_web_2015 && is_debian; then try "build $WEB_2015 of Debian's packages" build_web_2015; fi
  if has_web_2015; then fact WEB_2015 $WEB_2015; fi
}

build_web_2015() {
  local work
  mkdir -p "$CACHE"
  work=$(mktemp -d "$CACHE/web-2015.XXXXXX")
  # shellcheck disable=SC2064 # the directory of now
  trap "rm -rf '$work'" EXIT
  debian_system trixie "$work" adduser apache2 libapache2-mod-php supervisor pipexec # that for Consul
  mkdir "$work/context"
  mv "$work/rootfs.tar" "$work/debs" "$work/context/"
  cp "$MEASURE"/bench.d/web-2015/* "$work/context/"
  docker buildx build --load --progress plain --label "dev.rollcall.recipe=$WEB_2015_RECIPE" -t "$WEB_2015" "$work/context"
}
