# A Java runtime on a Debian that apt-get works in, as it does in the eclipse-temurin image: of Debian's packages as dpkg installs
# them, and the Java of the other images.
ARG JRE_IMAGE
FROM $JRE_IMAGE AS jre

FROM scratch AS installed
ADD rootfs.tar /
ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
# Nothing is to be started by an installation; and awk is wanted before its alternatives are set up.
RUN --mount=type=bind,source=debs,target=/debs \
    ln -sf mawk /usr/bin/awk \
    && printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d \
    && printf 'path-exclude=/usr/share/locale/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/info/*\n' >/etc/dpkg/dpkg.cfg.d/smaller \
    && dpkg --force-depends --force-unsafe-io --unpack /debs/*.deb >/var/log/unpack.log 2>&1 \
    && dpkg --force-unsafe-io --configure --pending \
    && dpkg --audit
COPY debian.list /etc/apt/sources.list.d/debian.list

FROM scratch
COPY --from=installed / /
COPY --from=jre /opt/java/openjdk /opt/java/openjdk
ENV JAVA_HOME=/opt/java/openjdk LANG=C.UTF-8 \
    PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN java -version
