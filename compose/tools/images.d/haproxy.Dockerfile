# Debian's HAProxy under the contract of the haproxy image.
FROM scratch
ADD rootfs.tar /
RUN ldconfig \
    && echo 'haproxy:x:99:99::/var/lib/haproxy:/usr/sbin/nologin' >>/etc/passwd \
    && echo 'haproxy:x:99:' >>/etc/group \
    && mkdir -p /usr/local/sbin /usr/local/etc/haproxy /var/lib/haproxy \
    && chown 99:99 /var/lib/haproxy \
    && ln -s /usr/sbin/haproxy /usr/local/sbin/haproxy \
    && ln -s /etc/haproxy/errors /usr/local/etc/haproxy/errors
COPY --chmod=755 haproxy-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
RUN haproxy -v
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
USER haproxy
WORKDIR /var/lib/haproxy
STOPSIGNAL SIGUSR1
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
