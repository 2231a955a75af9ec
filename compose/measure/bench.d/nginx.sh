# shellcheck shell=bash
# nginx that resolves the servers of an upstream at run time, which open source has from 1.27.3 on: Debian's of sid, as no
# release has it yet. Sourced by compose/measure/prepare; the benchmarks alone need it.

readonly NGINX_PEER=rollcall/peer-nginx:sid
NGINX_RECIPE=$(sha256sum <"$MEASURE/bench.d/nginx.sh" | cut -c 1-16)

has_nginx() { [ "$(label_of $NGINX_PEER dev.rollcall.recipe)" = "$NGINX_RECIPE" ]; }

# NGINX_IMAGE names another one, which must have `nginx` on its PATH. The image is left out where it can't be had.
need_nginx() {
  local image=${NGINX_IMAGE:-$NGINX_PEER}
  if [ "$image" = $NGINX_PEER ] && ! has_nginx && is_debian; then try "build $NGINX_PEER of Debian's package" build_nginx; fi
  if docker image inspect "$image" >/dev/null 2>&1; then fact NGINX_IMAGE "$image"; else fact NGINX_IMAGE ''; fi
}

build_nginx() {
  local work
  mkdir -p "$CACHE"
  work=$(mktemp -d "$CACHE/nginx.XXXXXX")
  # shellcheck disable=SC2064 # the directory of now
  trap "rm -rf '$work'" EXIT
  mkdir "$work/context"
  rootfs sid "$work" "$work/context/rootfs.tar" nginx
  printf '%s\n' 'FROM scratch' 'ADD rootfs.tar /' 'RUN ldconfig && mkdir -p /var/log/nginx /var/lib/nginx && nginx -V' >"$work/context/Dockerfile"
  docker buildx build --load --progress plain --label "dev.rollcall.recipe=$NGINX_RECIPE" -t "$NGINX_PEER" "$work/context"
}
