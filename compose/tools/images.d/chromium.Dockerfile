# For tests alone: Debian's Chromium without a screen, which is told what to do through its debugging port; under the
# contract of the chromedp/headless-shell image.
FROM scratch AS debian
ADD rootfs.tar /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# It draws by itself, not by a graphics card.
RUN ldconfig \
    && rm -rf /usr/lib/*/libLLVM* /usr/lib/*/libgallium* /usr/lib/*/libz3* /usr/lib/*/dri /usr/share/perl5 \
    && echo 'chromium:x:100:1000::/tmp:/usr/sbin/nologin' >>/etc/passwd \
    && echo 'chromium:x:1000:' >>/etc/group

FROM scratch
COPY --from=debian / /
COPY --chmod=755 chromium-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/tmp
RUN chromium-headless-shell --version
USER 100:1000
EXPOSE 9222
ENTRYPOINT ["docker-entrypoint.sh"]
