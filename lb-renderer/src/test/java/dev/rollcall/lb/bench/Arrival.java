package dev.rollcall.lb.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for an instance's first answer through a site. */
final class Arrival {
  private static final long PACE_NANOS = 250_000;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Balancer balancer;
  private final String host;

  Arrival(Balancer balancer) {
    this(balancer, "site");
  }

  /** Asks as a certain host. */
  Arrival(Balancer balancer, String host) {
    this.balancer = balancer;
    this.host = host;
  }

  /**
   * How many milliseconds it took.
   *
   * @param began {@link System#nanoTime()} at its beginning
   */
  double of(int port, long began) throws IOException {
    try (Site site = new Site(balancer.site(), host)) {
      for (long next = began; System.nanoTime() - began < LIMIT.toNanos(); next += PACE_NANOS) {
        LockSupport.parkNanos(next - System.nanoTime());
        if (site.ask() == port) {
          return (System.nanoTime() - began) / 1e6;
        }
      }
    }
    throw new IOException(port + " has not answered within " + LIMIT.toSeconds() + " s");
  }
}
