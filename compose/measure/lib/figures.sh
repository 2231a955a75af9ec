# shellcheck shell=bash
# Figures as they are measured: lines of benchmark, what was measured, value and unit, with tabs between; then, if it is
# known, the noise, which is the spread between the quartiles by the median. A line of benchmark, # and words is a note.
# Sourced, never run.

readonly UNKNOWN_NOISE=0.1 # of a figure that tells none: what moves by more than this has moved

# The machine, by what moves figures.
machine() {
  printf '%s, %s cores, %s MiB, Linux %s, %s' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
    "$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)" "$(uname -r)" "$(date -u +%Y-%m-%d)"
}

commit() { git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown; }

# How busy the machine was in the last minute.
load_average() { cut -d ' ' -f 1 /proc/loadavg; }

# distributions UNIT [TAIL] — samples on standard input, each a line of what and value, as figures: the median with its noise,
# and the TAIL-th percentile (default 99), in the order in which what came.
distributions() {
  LC_ALL=C awk -F '\t' -v unit="$1" -v tail="${2:-99}" '
    function at(share,   i) {i = share * n; i = i == int(i) ? i : int(i) + 1; return v[i < 1 ? 1 : i]}
    function shown(value) {return sprintf(value >= 1000 ? "%.0f" : "%.4g", value)}
    function end_of(name,   median) {
      median = at(0.5)
      printf "%s, median of %d\t%s\t%s\t%.3f\n", name, n, shown(median), unit, median ? (at(0.75) - at(0.25)) / median : 0
      printf "%s, p%s\t%s\t%s\n", name, tail, shown(at(tail / 100)), unit
    }
    {samples[$1] = samples[$1] " " $2; if (!($1 in seen)) {seen[$1]; order[++names] = $1}}
    END {
      for (k = 1; k <= names; k++) {
        n = split(samples[order[k]], v, " ")
        for (i = 2; i <= n; i++) {x = v[i] + 0; for (j = i - 1; j && v[j] + 0 > x; j--) v[j + 1] = v[j]; v[j + 1] = x}
        end_of(order[k])
      }
    }'
}

# markdown_table — one benchmark's figures and notes.
markdown_table() {
  awk -F '\t' '
    $2 == "#" {notes = notes "- " $3 "\n"; next}
    !rows++ {print "| | value | unit | noise |\n|---|---:|---|---:|"}
    {printf "| %s | %s | %s | %s |\n", $2, $3, $4, $5 == "" ? "" : sprintf("%.0f %%", $5 * 100)}
    END {if (notes) printf "%s%s", rows ? "\n" : "", notes}'
}

# json — standard input as one object, for programs and for comparison with a later run.
json() {
  awk -F '\t' -v machine="$(machine)" -v commit="$(commit)" '
    function text(s) {gsub(/[\\"]/, "\\\\&", s); return "\"" s "\""}
    BEGIN {printf "{\"machine\": %s, \"commit\": %s, \"figures\": [", text(machine), text(commit)}
    $2 == "#" {next}
    {
      printf "%s\n  {\"benchmark\": %s, \"what\": %s, \"value\": %s, \"unit\": %s", (rows++ ? "," : ""), text($1), text($2), $3, text($4)
      if ($5 != "") printf ", \"noise\": %s", $5
      printf "}"
    }
    END {print "\n]}"}'
}

# figures_of FILE — what json wrote as lines again.
figures_of() {
  awk '
    function word(key,   s) {
      if (!match($0, "\"" key "\": \"([^\"\\\\]|\\\\.)*\"")) return ""
      s = substr($0, RSTART + length(key) + 5, RLENGTH - length(key) - 6)
      gsub(/\\/, "", s)
      return s
    }
    function number(key) {return match($0, "\"" key "\": [-+.0-9eE]+") ? substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 4) : ""}
    /"benchmark": / {print word("benchmark") "\t" word("what") "\t" number("value") "\t" word("unit") "\t" number("noise")}' "$1"
}

# moved BEFORE AFTER — files of figures: those that differ by more than the noise of either, and those that only one has.
moved() {
  awk -F '\t' -v unknown=$UNKNOWN_NOISE '
    function label() {sub(/, median of [0-9]+$/, ", median", $2); return $1 ": " $2}
    function noise(n) {return n == "" ? unknown : n}
    $2 == "#" {next}
    FILENAME == ARGV[1] {name = label(); before[name] = $3; spread[name] = noise($5); unit[name] = $4; measured[$1]; order[++n] = name; next}
    {
      now[$1]
      name = label()
      if (!(name in before)) {print "  new       " name ": " $3 " " $4; next}
      seen[name]; compared++
      was = before[name]; limit = noise($5) > spread[name] ? noise($5) : spread[name]
      change = was == 0 ? ($3 == 0 ? 0 : 1 / 0.000001) : ($3 - was) / (was < 0 ? -was : was)
      if ((change < 0 ? -change : change) <= limit) next
      count++
      printf "  moved     %s: %s to %s %s (%s, noise %.0f %%)\n", name, was, $3, $4, was == 0 ? "from nothing" : sprintf("%+.0f %%", change * 100), limit * 100
    }
    END {
      for (i = 1; i <= n; i++) {
        split(order[i], bench, ": ")
        if (!(order[i] in seen) && bench[1] in now) print "  gone      " order[i] ": " before[order[i]] " " unit[order[i]]
      }
      printf "  %d of %d figures moved by more than the noise\n", count, compared
    }' "$1" "$2"
}
