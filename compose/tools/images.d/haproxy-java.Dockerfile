# For tests alone: HAProxy and Java in one image, so that lb-renderer can run HAProxy as its own child.
ARG JRE_IMAGE
ARG HAPROXY_IMAGE
FROM $JRE_IMAGE AS jre
FROM $HAPROXY_IMAGE
COPY --from=jre /opt/java/openjdk /opt/java/openjdk
ENV JAVA_HOME=/opt/java/openjdk \
    PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN java -version
