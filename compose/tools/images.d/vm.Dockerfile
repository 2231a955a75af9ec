# A Debian system as its own tools install it: a package database, maintainer scripts run, and what a balancer's VM has.
FROM scratch AS installed
ADD rootfs.tar /
ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
# Nothing is to be started by an installation; and awk is wanted before its alternatives are set up.
RUN --mount=type=bind,source=debs,target=/debs \
    ln -sf mawk /usr/bin/awk \
    && printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d \
    && printf 'path-exclude=/usr/share/locale/*\npath-exclude=/usr/share/info/*\n' >/etc/dpkg/dpkg.cfg.d/smaller \
    && dpkg --force-depends --force-unsafe-io --unpack /debs/*.deb >/var/log/unpack.log 2>&1 \
    && dpkg --force-unsafe-io --configure --pending \
    && dpkg --audit && rm /usr/sbin/policy-rc.d

FROM scratch
COPY --from=installed / /
COPY --chmod=755 vm-boot.sh /usr/local/sbin/boot
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
STOPSIGNAL SIGRTMIN+3
ENV container=docker
CMD ["/usr/local/sbin/boot"]
