package dev.rollcall.lb.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The servers of all pools: ports of one HAProxy, which answers with the port's number. */
final class Nodes implements AutoCloseable {
  static final String ADDRESS = "127.25.0.1";

  /** Those of the pool that is there from the beginning. */
  static final int FIRST_PORT = 10_000;

  /** Those that join. */
  static final int FIRST_JOINER = 16_000;

  private static final int JOINERS = 1000;

  private final Haproxy haproxy;

  private Nodes(Haproxy haproxy) {
    this.haproxy = haproxy;
  }

  static Nodes start(Path directory, int pool) throws IOException {
    Path file = directory.resolve("nodes.cfg");
    Files.writeString(
        file,
        """
        defaults
            mode http
            timeout connect 2s
            timeout client 60s
            timeout server 30s
            timeout http-keep-alive 60s
        frontend nodes
            bind %1$s:%2$d-%3$d
            bind %1$s:%4$d-%5$d
            http-request return status 200 content-type text/plain lf-string %%[dst_port]
        """
            .formatted(
                ADDRESS,
                FIRST_PORT,
                FIRST_PORT + pool - 1,
                FIRST_JOINER,
                FIRST_JOINER + JOINERS - 1));
    return new Nodes(Haproxy.start(directory, "-db", "-f", file.toString()));
  }

  /** A port that no joiner had for a long time. */
  static int joiner(int number) {
    return FIRST_JOINER + number % JOINERS;
  }

  /** Returns when they answer. */
  void await() throws IOException {
    Wait.forSite(Endpoint.of(ADDRESS, FIRST_JOINER));
  }

  @Override
  public void close() throws IOException {
    haproxy.close();
  }
}
