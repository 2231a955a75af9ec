# shellcheck shell=bash
# Packages of any Debian suite, by an apt state of our own: nothing under /etc/apt or /var/lib/apt changes, and
# signatures are checked with the keys that this machine trusts. Needs no root. Sourced, never run.

readonly APT_LIMIT=600 # seconds for one apt-get run

# The machine's own source of the main archive with another suite in it, in deb822 form.
source_of_suite() {
  local suite=$1 deb822=/etc/apt/sources.list.d/debian.sources line
  if [ -r "$deb822" ]; then
    awk -v suite="$suite" 'BEGIN {RS = ""; FS = "\n"}
      NR == 1 {for (i = 1; i <= NF; i++) {
        if ($i ~ /^#/) continue
        if ($i ~ /^Suites:/) print "Suites: " suite
        else if ($i ~ /^Components:/) print "Components: main"
        else print $i}}' "$deb822"
    return
  fi
  # deb [options] URI suite components
  line=$(sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+)[[:space:]]+[a-z]+[[:space:]].*\bmain\b.*/\2/p' /etc/apt/sources.list | head -n 1)
  [ -n "$line" ] || die "$EXIT_MISSING" "no Debian mirror found in $deb822 or /etc/apt/sources.list"
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$line" "$suite"
}

# apt_for SUITE STATE ARGUMENTS… — apt-get on that suite with its state in the directory STATE.
apt_for() {
  local suite=$1 state=$2
  shift 2
  if [ ! -e "$state/sources/debian.sources" ]; then
    mkdir -p "$state"/{lists/partial,archives/partial,sources,preferences}
    : >"$state/status"
    source_of_suite "$suite" >"$state/sources/debian.sources"
  fi
  timeout "$APT_LIMIT" apt-get -q -y \
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
