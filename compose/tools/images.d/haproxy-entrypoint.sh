#!/bin/sh
# As in the haproxy image: flags alone are HAProxy's, and HAProxy runs as master and worker in the foreground.
set -eu
case ${1:-} in -*) set -- haproxy "$@" ;; esac
if [ "${1:-}" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi
exec "$@"
