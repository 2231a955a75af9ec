# shellcheck shell=bash
# Stand-ins for the official images, made of Debian packages where no registry can be reached; a current Consul, which
# Debian has not, of its Go module. Each carries a label with the hash of its recipe, so that a changed recipe is noticed.
# Sourced, never run.

# --- Which JDK of this machine the stand-in Java runtime is cut from

readonly JLINK_FROM=21 # the first major version that the images should run on
readonly JLINK_MODULES=java.se,jdk.unsupported,jdk.crypto.ec,jdk.management,jdk.management.agent,jdk.jfr,jdk.naming.dns,jdk.net,jdk.zipfs,jdk.localedata,jdk.httpserver,jdk.jcmd,jdk.charsets

# java_version HOME — as its release file has it, such as 25.0.3; empty without such a file.
java_version() { sed -n 's/^JAVA_VERSION="\(.*\)"$/\1/p' "$1/release" 2>/dev/null; }

# The home of the newest JDK with jlink from version 21 on; empty if there is none. STANDIN_JDK names another home,
# or is `none`.
newest_jdk() {
  local home version
  if [ -n "${STANDIN_JDK:-}" ]; then
    [ "$STANDIN_JDK" = none ] && return
    [ -x "$STANDIN_JDK/bin/jlink" ] || die "$EXIT_USAGE" "STANDIN_JDK=$STANDIN_JDK has no bin/jlink; name the home of a JDK, or none"
    echo "$STANDIN_JDK"
    return
  fi
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/java/* /opt/*jdk* "$HOME"/.sdkman/candidates/java/*; do
    [ -x "$home/bin/jlink" ] || continue
    version=$(java_version "$home")
    [[ $version =~ ^[0-9]+ ]] && [ "${BASH_REMATCH[0]}" -ge $JLINK_FROM ] && printf '%s\t%s\n' "$version" "$home"
  done | sort -k 1,1V | tail -n 1 | cut -f 2
}

# --- Stand-ins

readonly RECIPE_LABEL=dev.rollcall.recipe
readonly BASE_SUITE=trixie
# 1.14.11 answers blocking queries by streaming, as every Consul since 1.10 does, and is the newest under an open licence that
# builds from its module alone. 1.8.7, Debian's last, is the long polling of before.
readonly CONSUL_VERSION=1.14.11 STANDIN_CONSUL_OLD=rollcall/standin-consul:1.8.7
readonly STANDIN_CONSUL=rollcall/standin-consul:$CONSUL_VERSION CONSUL_BINARY=$CACHE/consul-$CONSUL_VERSION
readonly GO_FROM=1.20 GO_SUITE=trixie GO_PACKAGE=golang-1.24
readonly STANDIN_HAPROXY=rollcall/standin-haproxy:3.0
readonly STANDIN_HAPROXY_OLD=rollcall/standin-haproxy:2.6
readonly STANDIN_HAPROXY_3_2=rollcall/standin-haproxy:3.2 STANDIN_HAPROXY_3_4=rollcall/standin-haproxy:3.4
readonly STANDIN_CHROMIUM=rollcall/standin-chromium:$BASE_SUITE
# A Debian with systemd as its first process, HAProxy, Java and Consul, installed by Debian's own tools. In it the tests install
# lb-renderer's .deb, and anyone can try docs/vm.md. HAProxy 3.0, Java 21, lintian; HAProxy 2.6, Java 17.
readonly VM=rollcall/vm:trixie VM_OLD=rollcall/vm:bookworm
readonly STANDIN_JRE_DEBIAN=rollcall/standin-jre:25
STANDIN_JDK_HOME=$(newest_jdk)
STANDIN_JRE=$STANDIN_JRE_DEBIAN
[ -z "$STANDIN_JDK_HOME" ] || STANDIN_JRE=rollcall/standin-jre:$(java_version "$STANDIN_JDK_HOME" | cut -d. -f 1)

is_standin() { [[ $1 == rollcall/standin-* ]]; }

# recipe_of IMAGE — the hash of all that decides what is in it, but for the packages' versions on the mirror.
recipe_of() {
  {
    echo "$1 $(dpkg --print-architecture)"
    cat "$LIB/debian.sh" "$LIB/standins.sh" "$TOOLS"/images.d/*
    case $1 in *-jre:*) cat "${STANDIN_JDK_HOME:-/nowhere}/release" 2>/dev/null || true ;; esac
  } | sha256sum | cut -c 1-16
}

has_standin() { [ "$(label_of "$1" $RECIPE_LABEL)" = "$(recipe_of "$1")" ]; }

# standin IMAGE — has it in the engine: as it is, from the cache, or built. A cached file that is cut short, which its packer
# notices, or of another recipe, counts for nothing.
standin() {
  local image=$1 cached
  has_standin "$image" && return
  cached=$(cache_file "$image")
  if [ -e "$cached" ]; then
    try "load $image from the cache" load_cached "$image" "$cached"
    [ "$STEP_CODE" -ne 0 ] || return 0
    warn "  the cached $cached cannot be used; building anew"
    rm -f "$cached"
  fi
  is_debian || die "$EXIT_MISSING" "no registry can be reached, and stand-ins can be built on Debian alone; set CONSUL_IMAGE, HAPROXY_IMAGE and JRE_IMAGE to images that this engine has or can pull"
  build_standin "$image"
  ! has_image "$image" || try "keep $image in the cache" keep "$image" "$cached"
}

build_standin() {
  case $1 in
    "$STANDIN_CONSUL") build_consul "$1" "Consul $CONSUL_VERSION, compiled" compile_consul ;;
    "$STANDIN_CONSUL_OLD") build_consul "$1" "Consul of Debian $CONSUL_SUITE" fetch_consul ;;
    "$STANDIN_HAPROXY") build_haproxy "$1" trixie ;;
    "$STANDIN_HAPROXY_OLD") build_haproxy "$1" bookworm ;;
    "$STANDIN_HAPROXY_3_2") build_haproxy "$1" sid ;;
    "$STANDIN_HAPROXY_3_4") build_haproxy "$1" experimental ;;
    "$STANDIN_JRE" | "$STANDIN_JRE_DEBIAN") build_jre "$1" ;;
    "$VM" | "$VM_OLD") build_vm "$1" ;;
    "$STANDIN_CHROMIUM") build_chromium ;;
    *) die "$EXIT_USAGE" "$1 is no stand-in that can be built here" ;;
  esac
}

# build_consul IMAGE WORDS COMMAND — of the binary that the command leaves as WORK/consul.
build_consul() {
  base_rootfs
  step "$2" "$3"
  step "build $1" docker_build "$1" consul "$WORK/base.tar" "$WORK/consul" "$TOOLS/images.d/consul-entrypoint.sh"
}

fetch_consul() {
  download_for $CONSUL_SUITE "$WORK/apt-$CONSUL_SUITE" consul
  dpkg-deb -x "$WORK/apt-$CONSUL_SUITE"/archives/consul_*.deb "$WORK/consul.d"
  mv "$WORK/consul.d/usr/bin/consul" "$WORK/consul"
}

# has_consul — the current Consul is here, or can be had without compiling it.
has_consul() { [ -x "$CONSUL_BINARY" ] || has_standin "$STANDIN_CONSUL" || [ -e "$(cache_file "$STANDIN_CONSUL")" ]; }

# The go of this machine, if it is new enough; else Debian's, unpacked for this build alone.
find_go() {
  if printf '%s\n' "go$GO_FROM" "$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null)" | sort -VC; then echo go; return; fi
  download_for $GO_SUITE "$WORK/apt-go" $GO_PACKAGE-go $GO_PACKAGE-src >&2
  for package in "$WORK"/apt-go/archives/*.deb; do dpkg-deb -x "$package" "$WORK/go"; done
  echo "$WORK/go/usr/lib/${GO_PACKAGE/lang/}/bin/go"
}

# Some eleven minutes of processor time, once: the binary stays in the cache. The test library that its module asks for has moved.
compile_consul() {
  if [ ! -x "$CONSUL_BINARY" ]; then
    local go
    go=$(find_go)
    # Who has no Go of his own has no use for its caches.
    [ "$go" = go ] || export GOPATH=$WORK/gopath GOCACHE=$WORK/gocache
    mkdir -p "$WORK/module"
    cd "$WORK/module"
    printf '%s\n' 'module standin' "go $GO_FROM" "require github.com/hashicorp/consul v$CONSUL_VERSION" \
      'replace launchpad.net/gocheck => github.com/go-check/check v0.0.0-20140225173054-eb6ee6f84d0a' >go.mod
    CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS='-mod=mod -modcacherw' "$go" build -trimpath -ldflags '-s -w' -o consul github.com/hashicorp/consul
    mv consul "$CONSUL_BINARY"
  fi
  cp "$CONSUL_BINARY" "$WORK/consul"
}

build_haproxy() {
  local suite=$2 version
  step "HAProxy of Debian $suite" rootfs "$suite" "$WORK/$suite" "$WORK/haproxy.tar" haproxy
  step "build $1" docker_build "$1" haproxy "$WORK/haproxy.tar" "$TOOLS/images.d/haproxy-entrypoint.sh"
  rm -f "$WORK/haproxy.tar"
  version=$(docker run --rm --network none "$1" -v | sed -nE 's/^HAProxy version ([0-9]+\.[0-9]+).*/\1/p')
  [ "$version" = "${1##*:}" ] || { docker image rm "$1" >>"$LOG"; warn "  Debian $suite has HAProxy $version now, so $1 cannot be made of it"; }
}

build_vm() {
  local suite=${1##*:} extra=()
  [ "$suite" != trixie ] || extra=(lintian)
  step "packages of Debian $suite" debian_system "$suite" "$WORK/vm" apt adduser systemd systemd-sysv procps curl man-db \
    bash-completion default-jre-headless haproxy keepalived nftables iproute2 socat pipexec "${extra[@]}" # pipexec for Consul
  step "build $1" docker_build "$1" vm "$WORK/vm/rootfs.tar" "$WORK/vm/debs" "$TOOLS/images.d/vm-boot.sh"
  rm -rf "$WORK/vm"
}

build_chromium() {
  step "Chromium of Debian $BASE_SUITE" rootfs $BASE_SUITE "$WORK/chromium" "$WORK/chromium.tar" chromium-headless-shell fonts-dejavu-core socat
  step "build $STANDIN_CHROMIUM" docker_build "$STANDIN_CHROMIUM" chromium "$WORK/chromium.tar" "$TOOLS/images.d/chromium-entrypoint.sh"
  rm -f "$WORK/chromium.tar"
}

# Cut from the machine's JDK where there is a fitting one; a JDK that does not run on the base gives way to Debian's.
build_jre() {
  if [ -n "$STANDIN_JDK_HOME" ]; then
    base_rootfs
    try "jlink of $(basename "$STANDIN_JDK_HOME")" cut_jre
    [ "$STEP_CODE" -ne 0 ] || try "build $1" docker_build "$1" jre "$WORK/base.tar" "$WORK/jre"
    [ "$STEP_CODE" -ne 0 ] || return 0
    warn "  $STANDIN_JDK_HOME gives no runtime for the image; taking Debian's"
  fi
  step "Java 25 of Debian $BASE_SUITE" rootfs $BASE_SUITE "$WORK/java" "$WORK/java.tar" openjdk-25-jre-headless
  step "build $1" docker_build "$1" jre-debian "$WORK/java.tar"
  rm -f "$WORK/java.tar"
}

cut_jre() {
  "$STANDIN_JDK_HOME/bin/jlink" --add-modules "$JLINK_MODULES" \
    --strip-debug --no-header-files --no-man-pages --generate-cds-archive --output "$WORK/jre"
  if [ -L "$WORK/jre/lib/security/cacerts" ]; then # the JDK's own may be a link out of it
    cp -L --remove-destination "$STANDIN_JDK_HOME/lib/security/cacerts" "$WORK/jre/lib/security/cacerts"
  fi
}

base_rootfs() {
  [ -e "$WORK/base.tar" ] || step "base system of Debian $BASE_SUITE" rootfs $BASE_SUITE "$WORK/base" "$WORK/base.tar"
}

# docker_build IMAGE DOCKERFILE ROOTFS FILE… — builds images.d/DOCKERFILE.Dockerfile with these files in its context.
docker_build() {
  local image=$1 dockerfile=$TOOLS/images.d/$2.Dockerfile rootfs=$3 context
  shift 3
  context=$(mktemp -d "$WORK/context.XXXX")
  ln "$rootfs" "$context/rootfs.tar"
  [ $# -eq 0 ] || cp -al "$@" "$context/" 2>/dev/null || cp -a "$@" "$context/"
  docker buildx build --load --progress plain --label "$RECIPE_LABEL=$(recipe_of "$image")" -t "$image" -f "$dockerfile" "$context"
  rm -rf "$context"
}

if command -v zstd >/dev/null; then readonly PACK=(zstd -q -3) PACKED=zst; else readonly PACK=(gzip -1) PACKED=gz; fi

cache_file() {
  local name=${1//\//-}
  echo "$CACHE/${name/:/-}-$(recipe_of "$1").tar.$PACKED"
}

readonly CACHED_RECIPES=3 # of one image, so that two branches of the project do not take turns in building

# keep IMAGE FILE — saves it; the same image's oldest files go.
keep() {
  docker image save "$1" | "${PACK[@]}" >"$2.part"
  mv "$2.part" "$2"
  # shellcheck disable=SC2012 # the names are our own
  ls -t "${2%-*}"-*.tar."$PACKED" | tail -n +$((CACHED_RECIPES + 1)) | xargs -r rm -f
}

load_cached() {
  "${PACK[@]}" -d <"$2" | docker image load
  has_standin "$1"
}
