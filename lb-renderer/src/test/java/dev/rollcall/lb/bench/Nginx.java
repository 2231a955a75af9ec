package dev.rollcall.lb.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * nginx, which resolves the SRV records of Consul's DNS again and again: open source has that from
 * 1.27.3 on. An answer is valid for a second, its shortest.
 */
final class Nginx implements Balancer {
  private static final int PORT = 8081;

  private final Registry consul;
  private final Path directory;
  private final String image;
  private final boolean random;
  private @Nullable Haproxy container;

  /**
   * Not started.
   *
   * @param balance {@code random} or {@code roundrobin}
   */
  Nginx(Registry consul, Path directory, String image, String balance) {
    this.consul = consul;
    this.directory = directory;
    this.image = image;
    this.random = balance.equals("random");
  }

  @Override
  public String name() {
    return "nginx, resolve";
  }

  @Override
  public InetSocketAddress site() {
    return Endpoint.of(Haproxy.SITE_ADDRESS, PORT);
  }

  @Override
  public void start(int most) throws IOException {
    Path file = directory.resolve("nginx.conf");
    Files.writeString(
        file,
        """
        daemon off;
        user root;
        worker_processes 2;
        error_log stderr warn;
        pid %1$s/nginx.pid;
        events { worker_connections 4096; }
        http {
            access_log off;
            client_body_temp_path %1$s/nginx-body;
            proxy_temp_path %1$s/nginx-proxy;
            fastcgi_temp_path %1$s/nginx-fastcgi;
            uwsgi_temp_path %1$s/nginx-uwsgi;
            scgi_temp_path %1$s/nginx-scgi;
            keepalive_requests 1000000;
            resolver %2$s:8600 valid=1s ipv6=off;
            upstream web {
                zone web 16m;
                %3$s
                server service.consul service=web resolve;
            }
            server {
                listen %4$s:%5$d;
                location / {
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_connect_timeout 2s;
                    proxy_next_upstream error timeout non_idempotent;
                    proxy_pass http://web;
                }
            }
        }
        """
            .formatted(
                directory, consul.host(), random ? "random;" : "", Haproxy.SITE_ADDRESS, PORT));
    container = Haproxy.run(image, directory, "nginx", List.of("-c", file.toString()));
    Wait.forSite(site());
  }

  @Override
  public void close() throws IOException {
    if (container != null) {
      container.close();
      container = null;
    }
  }
}
