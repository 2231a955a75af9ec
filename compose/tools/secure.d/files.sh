#!/bin/sh
# In a container of Consul's image, as its root and without a network, on the directory /secrets: a CA, and for each role
# a directory with certificate and key that its user alone can read. What is there and not old is left alone.
#
# usage: files.sh OWNER [renew]     OWNER is the user of the CA and of the operator's files, as UID:GID; with renew
#                                   every certificate is made anew. Standard input: the password of the statistics
#        files.sh token ROLE        writes the token on standard input
#        files.sh remove            removes everything
set -eu
umask 077
cd /secrets

OLD=335 # days: a month before a certificate ends

owner_of() {
  case $1 in
    consul) echo 100:1000 ;;
    lb-renderer) echo 10002:99 ;;
    web-node) echo 10001:10001 ;;
  esac
}

# put FILE OWNER — standard input, in one step, readable by its owner alone.
put() {
  cat >"$1.new"
  chmod 400 "$1.new"
  chown "$2" "$1.new"
  mv "$1.new" "$1"
}

# is_fresh ROLE — its certificate is not old; it is written last, so a key that is newer was left by a run that was cut.
is_fresh() {
  [ -e "$1/cert.pem" ] && [ -n "$(find "$1/cert.pem" -mtime -$OLD)" ] && [ -z "$(find "$1/key.pem" -newer "$1/cert.pem")" ]
}

# certify ROLE OWNER KIND… — a new certificate, unless there is one that is fresh.
certify() {
  role=$1 owner=$2
  shift 2
  if [ -z "$renew" ] && is_fresh "$role"; then return; fi
  mkdir -p "$role" .work
  (cd .work && consul tls cert create "$@" -days 365 -ca ../ca/consul-agent-ca.pem -key ../ca/consul-agent-ca-key.pem >/dev/null)
  put "$role/ca.pem" "$owner" <ca/consul-agent-ca.pem
  put "$role/key.pem" "$owner" <"$(echo .work/*-key.pem)"
  rm .work/*-key.pem
  put "$role/cert.pem" "$owner" <"$(echo .work/*.pem)"
  rm -r .work
  chmod 500 "$role"
  chown "$owner" "$role"
  echo "certificate of $role"
}

case $1 in
  remove)
    rm -rf ca consul lb-renderer web-node operator .work
    exit
    ;;
  token)
    put "$2/token" "$(owner_of "$2")"
    exit
    ;;
esac

user=$1 renew=${2:-}
rm -rf .work
if [ ! -e ca/consul-agent-ca-key.pem ]; then
  rm -rf ca
  mkdir ca
  (cd ca && consul tls ca create -days 1825 >/dev/null)
  chown -R "$user" ca
  renew=yes # what there may be is another CA's
fi
certify consul "$(owner_of consul)" -server -additional-dnsname consul
certify lb-renderer "$(owner_of lb-renderer)" -client
certify web-node "$(owner_of web-node)" -client
certify operator "$user" -cli
chmod 700 operator
put lb-renderer/stats-password "$(owner_of lb-renderer)"
