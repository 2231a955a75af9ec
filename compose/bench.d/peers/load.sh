#!/usr/bin/env bash
# The load of compose/faults on another site, for so long. usage: load.sh DIRECTORY HOST PORT SECONDS CONTROL
set -euo pipefail
. "$(dirname "$0")/../../lib/common.sh"
. "$HERE/lib/load.sh"

mkdir -p "$1"
jmeter "$1" "$2" "$3" 0 "$4" "$5"
