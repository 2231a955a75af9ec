#!/usr/bin/env bash
# What consul-template does for one service, by curl and jq: waits for a change in Consul, writes the whole configuration,
# and has HAProxy reloaded. usage: curl-loop.sh CONSUL HEAD CONFIGURATION PIPE
set -euo pipefail

consul=$1 head=$2 configuration=$3 pipe=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

index=0
: >"$work/last"
while :; do
  if ! curl -sf --max-time 70 -D "$work/headers" -o "$work/answer" \
    "http://$consul/v1/health/service/web?passing&index=$index&wait=60s"; then
    sleep 1
    continue
  fi
  index=$(tr -d '\r' <"$work/headers" | sed -nE 's/^X-Consul-Index: //Ip')
  jq -r '.[] | "    server \(.Service.ID) \(.Service.Address):\(.Service.Port) weight \(.Service.Weights.Passing) check"' \
    "$work/answer" | sort >"$work/servers"
  cmp -s "$work/servers" "$work/last" && continue
  cp "$work/servers" "$work/last"
  cat "$head" "$work/servers" >"$configuration.next"
  # The first one comes before there is a HAProxy to reload.
  first=; [ -e "$configuration" ] || first=yes
  mv "$configuration.next" "$configuration"
  [ -n "$first" ] || echo reload >"$pipe"
done
