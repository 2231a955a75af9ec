# shellcheck shell=bash
# Plots of what was measured, as SVG. Sourced, never run.

# plot NAME — runs standard input by gnuplot and leaves its picture in NAME.svg where the figures go; without gnuplot it
# says so, and no more. The commands find the raw figures in that directory, which is the one they are run in.
plot() {
  have_gnuplot || { say "  no plot of $1: gnuplot is not here (Debian: gnuplot-nox)"; return 0; }
  {
    printf 'set terminal svg size 720,400 dynamic font "sans-serif,12" background "#ffffff"\nset output "%s.svg"\n' "$1"
    printf 'set grid ytics lc "#dddddd"\nset border 3\nset tics nomirror\nset datafile separator "\\t"\n'
    cat
  } >"$OUT/$1.gnuplot"
  (cd "$OUT" && timeout 60 gnuplot "$1.gnuplot") >>"$LOG" 2>&1 || { warn "  no plot of $1: gnuplot failed; see $LOG"; return 0; }
  say "  plot: $OUT/$1.svg"
}

have_gnuplot() {
  ! command -v gnuplot >/dev/null || return 0
  { is_root && is_debian && [ -z "${GNUPLOT_TRIED:-}" ]; } || return 1
  GNUPLOT_TRIED=yes
  try "apt-get install gnuplot-nox" install_gnuplot
  command -v gnuplot >/dev/null
}

install_gnuplot() {
  timeout --foreground 300 apt-get -q -o DPkg::Lock::Timeout=300 update
  DEBIAN_FRONTEND=noninteractive timeout --foreground 300 \
    apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=false install --no-install-recommends gnuplot-nox
}
