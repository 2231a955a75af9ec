# shellcheck shell=bash
# Packages of the machine's own suite, which want root; and those of any Debian suite, by an apt state of our own: then
# nothing under /etc/apt or /var/lib/apt changes, signatures are checked with the keys that this machine trusts, and no
# root is needed. Sourced, never run.

readonly CONSUL_SUITE=bullseye # the last suite that has Consul
readonly APT_LIMIT=600 # seconds for one apt-get run; `timeout --foreground`, so that Ctrl-C reaches it

apt_update() { timeout --foreground "$APT_LIMIT" apt-get -q -o DPkg::Lock::Timeout=300 update; }
apt_install() {
  DEBIAN_FRONTEND=noninteractive timeout --foreground "$APT_LIMIT" \
    apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=false install --no-install-recommends "$@"
}

# sources_of_suite SUITE DIRECTORY — the machine's own package sources with the suite's name in place of its own:
# the main archive, and for a suite under support its updates and security fixes too; experimental lies over sid.
sources_of_suite() {
  local own kinds='' over='' file trust site release
  own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  case $1 in trixie | bookworm) kinds='-(updates|security)' ;; experimental) over=sid ;; esac
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
    [ -r $file ] || continue
    trust=$(sed -nE 's/^[^#]*(signed-by|trusted)(=|: *)([^] ]+).*/\L\1\E=\3/Ip' $file | sort -u | paste -sd' ')
    apt-get update --print-uris -o Dir::Etc::sourcelist=$file -o Dir::Etc::sourceparts=/dev/null \
      | sed -nE "s#^'(.*)/dists/($own|(old)*stable)($kinds)?/InRelease'.*#\1 $1\4#p" \
      | while read -r site release; do printf "deb ${trust:+[$trust] }$site %s main\n" "$release" ${over:+"$over"}; done
  done | sort -u >"$2/debian.list"
  [ -s "$2/debian.list" ] || die "$EXIT_MISSING" "no Debian mirror for $own found in /etc/apt/sources.list or sources.list.d/debian.sources"
}

# apt_for SUITE STATE ARGUMENTS… — apt-get on that suite with its state in the directory STATE.
apt_for() {
  local suite=$1 state=$2
  shift 2
  if [ ! -d "$state/sources" ]; then
    mkdir -p "$state"/{lists/partial,archives/partial,sources,preferences}
    : >"$state/status"
    # Of experimental apt takes what it is told to take, and no more.
    printf 'Package: haproxy\nPin: release a=experimental\nPin-Priority: 990\n' >"$state/preferences/haproxy"
    sources_of_suite "$suite" "$state/sources"
  fi
  timeout --foreground "$APT_LIMIT" apt-get -q -y \
    -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" \
    -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives" \
    -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$state/sources" \
    -o Dir::Etc::preferencesparts="$state/preferences" -o Dir::Etc::preferences=/dev/null \
    -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o APT::Keep-Downloaded-Packages=true \
    -o Acquire::Languages=none -o Acquire::Retries=2 -o Acquire::http::Timeout=30 \
    -o Dpkg::Use-Pty=false "$@"
}

# download_for SUITE STATE PACKAGE… — the packages alone, not what they depend on; into STATE/archives.
download_for() {
  local suite=$1 state=$2
  shift 2
  apt_for "$suite" "$state" update
  (cd "$state/archives" && apt_for "$suite" "$state" download "$@")
}

# --- Root file systems

readonly BASE_PACKAGES=(base-files base-passwd netbase libc6 libc-bin libgcc-s1 libstdc++6 zlib1g libtinfo6
  bash busybox-static tzdata ca-certificates)

# empty_root DIRECTORY — with the links that every package expects.
empty_root() {
  rm -rf "$1"
  mkdir -p "$1"/usr/{bin,sbin,lib,lib64}
  ln -s usr/bin usr/sbin usr/lib usr/lib64 "$1/"
}

# unpack ROOT PACKAGE-FILE…
unpack() {
  local deb
  for deb in "${@:2}"; do dpkg-deb --fsys-tarfile "$deb" | tar -C "$1" --keep-directory-symlink --no-same-owner -xf -; done
}

# pack ROOT OUT.tar — the same bytes from the same files.
pack() { tar -C "$1" --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner --exclude='./dev/*' -cf "$2" .; }

# rootfs SUITE WORK OUT.tar PACKAGE… — the packages, what they depend on and the base, as a tar: no maintainer script runs, so
# it needs neither root nor a chroot.
rootfs() {
  local suite=$1 work=$2 out=$3
  shift 3
  empty_root "$work/root"
  rm -rf "$work/apt/archives"
  mkdir -p "$work/apt/archives/partial"
  apt_for "$suite" "$work/apt" update
  apt_for "$suite" "$work/apt" install --download-only "${BASE_PACKAGES[@]}" "$@"
  unpack "$work/root" "$work"/apt/archives/*.deb
  finish_rootfs "$work/root"
  pack "$work/root" "$out"
  rm -rf "$work/root"
}

# The few things that maintainer scripts would have done, and less of what a container never reads.
finish_rootfs() {
  local root=$1 applet
  cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
  cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
  printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' 'services: files' 'protocols: files' >"$root/etc/nsswitch.conf"
  ln -sf /usr/share/zoneinfo/Etc/UTC "$root/etc/localtime"
  mkdir -p "$root/etc/ssl/certs"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  for applet in $("$root/usr/bin/busybox" --list); do
    [ -e "$root/usr/bin/$applet" ] || [ -e "$root/usr/sbin/$applet" ] || ln -s busybox "$root/usr/bin/$applet"
  done
  find "$root/usr/share/doc" ! -type d ! -name copyright -delete
  rm -rf "$root"/usr/share/{man,info,locale,lintian} "$root"/usr/lib/*/gconv "$root"/etc/apt "$root"/var/lib/{apt,dpkg} "$root"/var/cache/apt
  install -d -m 1777 "$root/tmp" "$root/var/tmp"
}

# debian_system SUITE WORK PACKAGE… — for an image whose build has dpkg install these, the essential ones and Consul: leaves them
# in WORK/debs, and what dpkg itself needs, unpacked by hand, in WORK/rootfs.tar.
debian_system() {
  local suite=$1 work=$2 name
  shift 2
  empty_root "$work/root"
  mkdir -p "$work/debs" "$work/root/var/lib/dpkg"
  apt_for "$suite" "$work/apt" update
  apt_for "$suite" "$work/apt" install -s '?essential' | sed -n 's/^Inst \([^ ]*\).*/\1/p' >"$work/essential"
  apt_for "$suite" "$work/apt" install --download-only '?essential' "$@"
  download_for $CONSUL_SUITE "$work/apt-consul" consul
  mv "$work"/apt/archives/*.deb "$work"/apt-consul/archives/consul_*.deb "$work/debs/"
  while read -r name; do unpack "$work/root" "$work/debs/${name}"_*.deb; done <"$work/essential"
  : >"$work/root/var/lib/dpkg/status"
  pack "$work/root" "$work/rootfs.tar"
}
