# shellcheck shell=bash
# consul-template, which benchmarks compare with. Sourced, never run.

readonly CONSUL_TEMPLATE_VERSION=0.42.1 # wants a Go of 2026; an older one fetches such a one, if it can
readonly CONSUL_TEMPLATE_CACHED=$CACHE/consul-template-$CONSUL_TEMPLATE_VERSION

# The one on PATH, else one that Go compiles here, else none.
need_consul-template() {
  local found
  found=$(command -v consul-template || true)
  if [ -z "$found" ] && [ ! -x "$CONSUL_TEMPLATE_CACHED" ] && command -v go >/dev/null; then
    try "compile consul-template $CONSUL_TEMPLATE_VERSION" compile_consul_template
  fi
  if [ -z "$found" ] && [ -x "$CONSUL_TEMPLATE_CACHED" ]; then found=$CONSUL_TEMPLATE_CACHED; fi
  fact CONSUL_TEMPLATE "$found"
}

compile_consul_template() {
  local work
  work=$(mktemp -d)
  mkdir -p "$CACHE"
  cd "$work" || return
  export GOPATH=$work/path GOCACHE=$work/cache GOFLAGS='-mod=mod -modcacherw'
  # Not `go install`, which refuses a module whose own go.mod replaces others.
  go mod init peer
  timeout 300 go get "github.com/hashicorp/consul-template@v$CONSUL_TEMPLATE_VERSION"
  CGO_ENABLED=0 timeout 900 go build -trimpath -ldflags '-s -w' -o built github.com/hashicorp/consul-template
  mv built "$CONSUL_TEMPLATE_CACHED"
  cd /
  rm -rf "$work"
}
