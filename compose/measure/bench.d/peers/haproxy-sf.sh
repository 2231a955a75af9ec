#!/bin/sh
# HAProxy as it was reloaded in 2015: for each line from the pipe a new one starts, which tells the old ones to finish.
# Runs inside HAProxy's container, where pidof finds its own alone. Argument: the directory of haproxy.cfg and the pipe.
set -eu

haproxy -D -f "$1/haproxy.cfg"
# Open for writing too, so that a read does not end when a writer closes.
exec 3<>"$1/reload"
while read -r _ <&3; do
  # shellcheck disable=SC2046 # each number is a word
  haproxy -D -f "$1/haproxy.cfg" -sf $(pidof haproxy) || continue # as then: the old one serves on
  echo reloaded >>"$1/reloads"
done
