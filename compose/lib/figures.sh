# shellcheck shell=bash
# Figures as they are measured: lines of benchmark, what was measured, value and unit, with tabs between. Sourced,
# never run.

# The machine, by what moves figures.
machine() {
  printf '%s, %s cores, %s MiB, Linux %s, %s' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
    "$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)" "$(uname -r)" "$(date -u +%Y-%m-%d)"
}

commit() { git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown; }

# markdown — standard input as one table a benchmark.
markdown() {
  printf '\nMachine: %s. Commit %s.\n' "$(machine)" "$(commit)"
  awk -F '\t' '
    $1 != last {printf "\n### %s\n\n| | value | unit |\n|---|---:|---|\n", $1; last = $1}
    {printf "| %s | %s | %s |\n", $2, $3, $4}'
}

# json — standard input as one object, for programs and for comparison with a later run.
json() {
  awk -F '\t' -v machine="$(machine)" -v commit="$(commit)" '
    function text(s) {gsub(/[\\"]/, "\\\\&", s); return "\"" s "\""}
    BEGIN {printf "{\"machine\": %s, \"commit\": %s, \"figures\": [", text(machine), text(commit)}
    {printf "%s\n  {\"benchmark\": %s, \"what\": %s, \"value\": %s, \"unit\": %s}", (NR > 1 ? "," : ""), text($1), text($2), $3, text($4)}
    END {print "\n]}"}'
}
