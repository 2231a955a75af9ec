# shellcheck shell=bash
# One load over many faults: which requests belong to which, by when they began. Sourced, never run.

# split_load DIRECTORY WINDOWS — WINDOWS has a line a window: from, to (milliseconds of the epoch), directory, with tabs
# between, each window beginning where the one before ends. Each directory gets load.csv, deliveries.log and end as if
# the load had been its own. What was delivered goes where its request began, however late it came.
split_load() {
  local from to directory
  while IFS=$'\t' read -r from to directory; do
    rm -f "$directory/load.csv" "$directory/deliveries.log"
    touch "$directory/load.csv" "$directory/deliveries.log"
    echo "$from" >"$directory/begin"
    echo "$to" >"$directory/end"
  done <"$2"
  awk '
    function put(window, name) {
      file = directory[window] "/" name
      if (file != open) {if (open) close(open); open = file}
      print >>file
    }
    BEGIN {n = now = 0}
    FILENAME ~ /windows/ {split($0, w, "\t"); from[n] = w[1]; to[n] = w[2]; directory[n++] = w[3]; next}
    FILENAME ~ /load[.]csv/ {
      split($0, field, ",")
      at = field[1]
      if (at !~ /^[0-9]+$/) next
      # They stand in the order in which they ended: nearly that in which they began.
      while (now > 0 && at < from[now]) now--
      while (now < n - 1 && at >= to[now]) now++
      if (at < from[now] || at >= to[now]) next
      if (match($0, /id=[A-Za-z0-9-]+/)) window[substr($0, RSTART + 3, RLENGTH - 3)] = now
      put(now, "load.csv")
      next
    }
    match($0, / delivered [A-Za-z0-9-]+$/) {
      id = substr($0, RSTART + 11)
      if (id in window) put(window[id], "deliveries.log")
    }' "$2" "$1/load.csv" "$1/deliveries.log"
}

# requests_until DIRECTORY — how many the load had begun between its beginning and its end.
requests_until() { awk -F , -v begin="$(cat "$1/begin")" -v end="$(cat "$1/end")" '$1 ~ /^[0-9]+$/ && $1 >= begin && $1 < end' "$1/load.csv" | grep -c . || true; }
