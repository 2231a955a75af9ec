#!/bin/sh
# Chromium takes debugging connections of its own host alone: socat brings them in from outside the container.
set -eu
socat TCP-LISTEN:9222,fork,reuseaddr TCP:127.0.0.1:9223 &
# The container is the sandbox: Chromium's own needs rights that a container does not have.
exec chromium-headless-shell --no-sandbox --disable-gpu --disable-dev-shm-usage --remote-debugging-port=9223 "$@"
