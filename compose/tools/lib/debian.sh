# shellcheck shell=bash
# Packages of the machine's own suite, which want root; and those of any Debian suite, by an apt state of our own: then
# nothing under /etc/apt or /var/lib/apt changes, signatures are checked with the keys that this machine trusts, and no
# root is needed. Sourced, never run.

readonly APT_LIMIT=600 # seconds for one apt-get run; `timeout --foreground`, so that Ctrl-C reaches it

apt_update() { timeout --foreground "$APT_LIMIT" apt-get -q -o DPkg::Lock::Timeout=300 update; }
apt_install() {
  DEBIAN_FRONTEND=noninteractive timeout --foreground "$APT_LIMIT" \
    apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=false install --no-install-recommends "$@"
}

# sources_of_suite SUITE DIRECTORY — the machine's own package sources with the suite's name in place of its own:
# the main archive, and for a suite under support its updates and security fixes too.
sources_of_suite() {
  local own kinds='' file trust site release
  own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  case $1 in trixie | bookworm) kinds='-(updates|security)' ;; esac
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
    [ -r $file ] || continue
    trust=$(sed -nE 's/^[^#]*(signed-by|trusted)(=|: *)([^] ]+).*/\L\1\E=\3/Ip' $file | sort -u | paste -sd' ')
    apt-get update --print-uris -o Dir::Etc::sourcelist=$file -o Dir::Etc::sourceparts=/dev/null \
      | sed -nE "s#^'(.*)/dists/($own|(old)*stable)($kinds)?/InRelease'.*#\1 $1\4#p" \
      | while read -r site release; do echo "deb ${trust:+[$trust] }$site $release main"; done
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
