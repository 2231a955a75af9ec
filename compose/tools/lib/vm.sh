# shellcheck shell=bash
# A Debian system with systemd as its first process, HAProxy, Java and Consul, installed by Debian's own tools. In it
# the tests install lb-renderer's .deb, and anyone can try docs/vm.md. Sourced, never run.

# shellcheck disable=SC2034 # used by compose/tools/images
readonly VM=rollcall/vm:trixie VM_OLD=rollcall/vm:bookworm # HAProxy 3.0, Java 21, lintian; HAProxy 2.6, Java 17
readonly VM_PACKAGES=('?essential' apt adduser systemd systemd-sysv procps curl man-db bash-completion
  default-jre-headless haproxy pipexec) # pipexec for Consul

# vm IMAGE — has it in the engine, where that can be done.
vm() {
  if ! has_standin "$1" && ! is_debian; then
    warn "  no $1: it is made of Debian's packages, with Debian's tools; the tests in it are left out"
    return
  fi
  standin "$1"
}

build_vm() {
  local suite=${1##*:}
  step "packages of Debian $suite" fetch_vm "$suite"
  step "what dpkg needs of $suite" unpack_essential "$suite"
  step "build $1" docker_build "$1" vm "$WORK/vm.tar" "$WORK/vm/debs" "$TOOLS/images.d/vm-boot.sh"
  rm -rf "$WORK/vm" "$WORK/vm.tar"
}

fetch_vm() {
  local suite=$1 state=$WORK/vm/apt extra=()
  [ "$suite" != trixie ] || extra=(lintian)
  mkdir -p "$WORK/vm/debs"
  apt_for "$suite" "$state" update
  apt_for "$suite" "$state" install -s '?essential' | awk '/^Inst/ {print $2}' >"$WORK/vm/essential"
  apt_for "$suite" "$state" install --download-only "${VM_PACKAGES[@]}" "${extra[@]}"
  [ -d "$WORK/apt-$CONSUL_SUITE" ] || download_for "$CONSUL_SUITE" "$WORK/apt-$CONSUL_SUITE" consul
  mv "$state/archives"/*.deb "$WORK/vm/debs/"
  cp "$WORK/apt-$CONSUL_SUITE/archives"/consul_*.deb "$WORK/vm/debs/"
}

# What dpkg itself needs is unpacked by hand, all else by dpkg in the image's build.
unpack_essential() {
  local root=$WORK/vm/root name
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root/var/lib/dpkg"
  ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root/"
  while read -r name; do
    dpkg-deb --fsys-tarfile "$WORK/vm/debs/${name}"_*.deb | tar -C "$root" --keep-directory-symlink --no-same-owner -xf -
  done <"$WORK/vm/essential"
  : >"$root/var/lib/dpkg/status"
  tar -C "$root" --sort=name --owner=0 --group=0 --numeric-owner --exclude='./dev/*' -cf "$WORK/vm.tar" .
}
