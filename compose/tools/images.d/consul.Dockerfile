# Debian's Consul under the contract of the hashicorp/consul image.
FROM scratch
ADD rootfs.tar /
RUN echo 'consul:x:100:1000::/consul:/usr/sbin/nologin' >>/etc/passwd \
    && echo 'consul:x:1000:' >>/etc/group \
    && mkdir -p /consul/data /consul/config \
    && chown -R 100:1000 /consul
COPY --chmod=755 consul /usr/local/bin/consul
COPY --chmod=755 consul-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
RUN consul version
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
EXPOSE 8300 8301 8301/udp 8302 8302/udp 8500 8600 8600/udp
USER 100:1000
VOLUME /consul/data
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["agent", "-dev", "-client", "0.0.0.0"]
