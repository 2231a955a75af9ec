package dev.rollcall.lb.bench;

import java.io.IOException;
import java.time.Duration;

/** Waits for an instance's first answer through a site. */
final class Arrival {
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
      for (long next = began;
          System.nanoTime() - began < LIMIT.toNanos();
          next += Site.PACE_NANOS) {
        Site.pauseUntil(next);
        if (site.ask() == port) {
          return (System.nanoTime() - began) / 1e6;
        }
      }
    }
    throw new IOException(port + " has not answered within " + LIMIT.toSeconds() + " s");
  }
}
