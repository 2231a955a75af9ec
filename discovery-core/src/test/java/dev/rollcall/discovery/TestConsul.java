package dev.rollcall.discovery;

import dev.rollcall.test.ConsulContainer;
import java.time.Duration;

/** How the library speaks with a Consul of the tests. */
final class TestConsul {

  private TestConsul() {}

  /** At its address, with blocking queries that are not long. */
  static ConsulOptions.Builder optionsOf(ConsulContainer consul) {
    return ConsulOptions.builder().address(consul.address()).waitTime(Duration.ofSeconds(10));
  }
}
