# A Java runtime where the eclipse-temurin image has it: jlinked from a JDK of this machine.
FROM scratch
ADD rootfs.tar /
ENV JAVA_HOME=/opt/java/openjdk LANG=C.UTF-8 \
    PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY jre /opt/java/openjdk
RUN java -version
