#!/usr/bin/env bash
# Consul takes any number as a service's port, and its DNS answers with another one.
#
# Guess:   a port below 0 or above 65535 is refused with 400 when the service is registered.
# Happens: 200. The catalog has the number as it was given, and an SRV record has its lowest 16 bits: 70000 becomes 4464, and -5 becomes 65531.
# Seen:    Consul 1.8.7 (Debian bullseye); alike 1.14.11. Source: Consul HTTP API, agent/service/register, "Port"; RFC 2782.
# Matters: a typing error in a port sends those who ask by DNS to somebody else's port, and who reads the catalog must check the number: HAProxy refuses a
#          configuration with port 70000 as a whole.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
start_consul

srv_port() { # SERVICE: the port in the one SRV record of Consul's answer
  python3 - "$1" <<'PYTHON'
import socket, struct, sys
name = b"".join(bytes([len(label)]) + label.encode() for label in (sys.argv[1], "service", "consul")) + b"\0"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(10)
s.sendto(struct.pack(">6H", 1, 0x100, 1, 0, 0, 0) + name + struct.pack(">2H", 33, 1), ("127.0.0.1", 24581))
answer = s.recv(4096)
assert struct.unpack(">H", answer[6:8])[0] == 1, "one record was expected"
record = answer[12 + len(name) + 4:]  # its name is a pointer of two bytes; type, class, TTL and length follow, then priority, weight and port
print(struct.unpack(">H", record[16:18])[0])
PYTHON
}
for port in 8080 70000 -5; do
  name=port${port/-/-minus-}
  expect "registering port $port" "$(api PUT /agent/service/register '{"Name": "'"$name"'", "Address": "127.0.0.9", "Port": '$port'}' | xargs)" 200
  listed() { [ "$(curl -s "127.0.0.1:24580/v1/catalog/service/$name" | python3 -c 'import json, sys; print([s["ServicePort"] for s in json.load(sys.stdin)])')" = "[$port]" ]; }
  until_true 10 listed
  echo "port $port: so says the catalog"
  case $port in 70000) recorded=4464 ;; -5) recorded=65531 ;; *) recorded=$port ;; esac
  expect "port $port: DNS says" "$(srv_port "$name")" $recorded
done
