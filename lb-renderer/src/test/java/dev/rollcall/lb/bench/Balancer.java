package dev.rollcall.lb.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * A HAProxy, or another proxy, that follows the service {@code web} in Consul, by one of the ways
 * there are. Not started until {@link #start}.
 */
interface Balancer extends AutoCloseable {
  /** In the figures. */
  String name();

  /**
   * Starts it, and returns when its site serves.
   *
   * @param most how many servers there will be at most
   */
  void start(int most) throws IOException;

  /** Where its site is. */
  default InetSocketAddress site() {
    return Haproxy.SITE;
  }

  /** The weight in Consul that becomes HAProxy's highest, 256. */
  default int highestWeight() {
    return 256;
  }

  /** How long it takes until what happened to it has come to rest, at the least. */
  default Duration rest() {
    return Duration.ofMillis(500);
  }

  /** How many changes it has applied to HAProxy since it started, if that can be told. */
  default OptionalLong changesApplied() throws IOException {
    return OptionalLong.empty();
  }

  /** Ends it, and waits until it is gone. */
  @Override
  void close() throws IOException;
}
