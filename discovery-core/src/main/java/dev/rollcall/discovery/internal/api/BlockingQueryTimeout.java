package dev.rollcall.discovery.internal.api;

import java.time.Duration;

/** How long a blocking query may stay silent. */
public final class BlockingQueryTimeout {

  private static final Duration MARGIN = Duration.ofSeconds(5);

  private BlockingQueryTimeout() {}

  /** Consul adds up to a sixteenth to the wait; the rest is for the way. */
  public static Duration of(Duration wait) {
    return wait.plus(wait.dividedBy(16)).plus(MARGIN);
  }
}
