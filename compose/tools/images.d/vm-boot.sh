#!/bin/sh
# Where the engine has cgroup v2 alone it is mounted read-only, which systemd cannot use.
mount -o remount,rw /sys/fs/cgroup 2>/dev/null
exec /sbin/init
