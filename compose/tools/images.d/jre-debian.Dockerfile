# A Java runtime where the eclipse-temurin image has it: Debian's, whose pieces lie elsewhere behind links.
FROM scratch AS debian
ADD rootfs.tar /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN ldconfig \
    && mkdir -p /etc/ssl/certs/java /opt/java \
    && java=$(echo /usr/lib/jvm/java-[2-9]*-openjdk-*) \
    && for certificate in /usr/share/ca-certificates/mozilla/*.crt; do echo "+$certificate"; done \
       | "$java/bin/java" -jar /usr/share/ca-certificates-java/ca-certificates-java.jar -storepass changeit \
    && test -s /etc/ssl/certs/java/cacerts \
    && cp -rL "$java" /opt/java/openjdk \
    && rm -rf /usr/lib/jvm /opt/java/openjdk/docs /opt/java/openjdk/man

FROM scratch
COPY --from=debian / /
ENV JAVA_HOME=/opt/java/openjdk LANG=C.UTF-8 \
    PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN java -version
