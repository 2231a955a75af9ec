#!/usr/bin/env bash
# keepalived that cannot find its check script takes the virtual address.
#
# Guess:   a check that cannot run counts as failed: the instance stays in FAULT, as it does while the script fails.
# Happens: the script is "disabled", with a line in the log, the instance goes on as if it had no check, and becomes master.
# Seen:    keepalived 2.2.7 (Debian bookworm 1:2.2.7-1+b2), in a network namespace. Source: keepalived.conf(5), vrrp_script.
# Matters: of a pair of load balancers, the machine on which the check was not installed keeps or takes the address without a running HAProxy.
# shellcheck source=findings/lib.sh
. "$(dirname "$(realpath "$0")")/lib.sh"
unshare -n true || unavailable "root, for a network namespace"
fetch_debian bookworm keepalived 1:2.2.7-1+b2 libnl-3-200 libnl-genl-3-200 libsnmp40 libnftables1 libnftnl11 libjansson4 libmnl0 libxtables12 libsensors5 libpci3 \
  libwrap0 libdbus-1-3
libraries=$(find "$temp/keepalived" -type d -name '*linux-gnu' | paste -sd:)
LD_LIBRARY_PATH=$libraries keepalived/usr/sbin/keepalived --version 2>&1 | sed -n 1p

holds_address() { # SCRIPT: whether the instance has the virtual address within 15 s
  cat >keepalived.conf <<CONFIGURATION
global_defs {
  script_user root
}
vrrp_script haproxy {
  script "$1"
  interval 1
}
vrrp_instance entry {
  interface one
  state BACKUP
  virtual_router_id 51
  priority 100
  virtual_ipaddress {
    127.0.0.50/32
  }
  track_script {
    haproxy
  }
}
CONFIGURATION
  unshare -n bash -s "$libraries" <<'NAMESPACE' || true
ip link set lo up
ip link add one type veth peer name other
ip addr add 127.0.1.1/24 dev one
ip link set one up
ip link set other up
LD_LIBRARY_PATH=$1 keepalived/usr/sbin/keepalived -n -l -f keepalived.conf -p main.pid -r vrrp.pid -c checkers.pid >keepalived.log 2>&1 &
for _ in {1..30}; do sleep 0.5; ip addr show one | grep -q 127.0.0.50 && break; done
ip addr show one | grep -q 127.0.0.50 && echo yes || echo no
kill $! && wait
NAMESPACE
}

expect "check succeeds" "$(holds_address /bin/true)" yes
expect "check fails" "$(holds_address /bin/false)" no
expect "check does not exist" "$(holds_address /usr/local/bin/check-haproxy-that-is-not-there)" yes
expect "message" "$(grep -o 'Disabling track script .*' keepalived.log)" "Disabling track script haproxy since not found/accessible"
