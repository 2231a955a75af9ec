#!/usr/bin/env bash
# The load of compose/measure/faults on another site, for so long. usage: load.sh DIRECTORY HOST PORT SECONDS CONTROL
set -euo pipefail
. "$(dirname "$0")/../../../tools/lib/common.sh"
. "$MEASURE/lib/load.sh"

mkdir -p "$1"
jmeter "$1" "$2" "$3" 0 "$4" "$5"
