package dev.rollcall.lb.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * HAProxy's own way: {@code server-template} with SRV records of Consul's DNS, over TCP, because an
 * answer over UDP has no room for a pool.
 */
final class ServerTemplate implements Balancer {
  /** The largest answer there can be: HAProxy takes no more of a pool than fits into it. */
  private static final int PAYLOAD = 65535;

  private final Registry consul;
  private final Path directory;
  private final String balance;
  private final String every;
  private final String transport;
  private @Nullable Haproxy haproxy;

  /**
   * Not started.
   *
   * @param every HAProxy's time between two questions
   * @param transport {@code tcp@} or empty, for UDP
   */
  ServerTemplate(Registry consul, Path directory, String balance, String every, String transport) {
    this.consul = consul;
    this.directory = directory;
    this.balance = balance;
    this.every = every;
    this.transport = transport;
  }

  @Override
  public String name() {
    return "server-template, asked every " + every;
  }

  /** A weight of an SRV record is divided by 256. */
  @Override
  public int highestWeight() {
    return 65535;
  }

  @Override
  public void start(int most) throws IOException {
    Path file = directory.resolve("haproxy.cfg");
    Files.writeString(
        file,
        Haproxy.COMMON
            + """
            resolvers consul
                nameserver consul %1$s%2$s:8600
                accepted_payload_size %3$d
                resolve_retries 3
                timeout resolve %4$s
                timeout retry 1s
                hold valid %4$s
                hold obsolete 0s
                hold nx 0s
                hold other 30s
                hold refused 30s
                hold timeout 30s
            backend web
                balance %5$s
                server-template web %6$d _web._tcp.service.consul resolvers consul resolve-opts allow-dup-ip resolve-prefer ipv4 check init-addr none
            """
                .formatted(transport, consul.host(), PAYLOAD, every, balance, most));
    haproxy = Haproxy.start(directory, "-W", "-db", "-f", file.toString());
    Wait.forSite(site());
  }

  @Override
  public void close() throws IOException {
    if (haproxy != null) {
      haproxy.close();
      haproxy = null;
    }
  }
}
