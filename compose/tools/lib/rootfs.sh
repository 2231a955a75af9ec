# shellcheck shell=bash
# A root file system of Debian packages, unpacked and nothing more: no maintainer script runs, so it needs neither
# root nor a chroot, and two runs over the same packages give the same bytes. Sourced, never run.

readonly BASE_PACKAGES=(base-files base-passwd netbase libc6 libc-bin libgcc-s1 libstdc++6 zlib1g libtinfo6
  bash busybox-static tzdata ca-certificates)
readonly ROOTFS_TIME=@1700000000 # one fixed time for every file

# rootfs SUITE WORK OUT.tar PACKAGE… — the packages, what they depend on and the base, as a tar.
rootfs() {
  local suite=$1 work=$2 out=$3 deb root
  shift 3
  root=$work/root
  rm -rf "$root" "$work/apt/archives"
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$work/apt/archives/partial"
  ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root/"
  apt_for "$suite" "$work/apt" update
  apt_for "$suite" "$work/apt" install --download-only "${BASE_PACKAGES[@]}" "$@"
  for deb in "$work"/apt/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -C "$root" --keep-directory-symlink --no-same-owner -xf -
  done
  finish_rootfs "$root"
  tar -C "$root" --sort=name --mtime="$ROOTFS_TIME" --owner=0 --group=0 --numeric-owner --exclude='./dev/*' -cf "$out" .
  rm -rf "$root"
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
