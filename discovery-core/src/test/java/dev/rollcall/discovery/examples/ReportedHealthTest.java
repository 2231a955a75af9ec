package dev.rollcall.discovery.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.examples.ReportedHealth.Database;
import dev.rollcall.discovery.testing.InMemoryRegistry;
import dev.rollcall.discovery.testing.RegistryExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(RegistryExtension.class)
class ReportedHealthTest {

  private static final class SwitchedDatabase implements Database {
    private volatile boolean reachable;
    private volatile Runnable listener = () -> {};

    @Override
    public boolean isReachable() {
      return reachable;
    }

    @Override
    public void onChange(Runnable toCall) {
      listener = toCall;
    }

    void reachable(boolean now) {
      reachable = now;
      listener.run();
    }
  }

  @Test
  void getsRequestsWhileItsDatabaseIsReachable(InMemoryRegistry registry) {
    SwitchedDatabase database = new SwitchedDatabase();
    try (Discovery discovery = registry.connect()) {
      new ReportedHealth(database).register(discovery, 8080);
      registry.settle();
      assertThat(registry.instances("hello")).hasSize(1);
      assertThat(registry.passing("hello")).isEmpty();

      database.reachable(true);
      registry.settle();
      assertThat(registry.passing("hello")).hasSize(1);

      database.reachable(false);
      registry.settle();
      assertThat(registry.passing("hello")).isEmpty();
    }
  }

  @Test
  void isRemovedAfterAMinuteAndListedAgain(InMemoryRegistry registry) {
    try (Discovery discovery = registry.connect()) {
      new ReportedHealth(new SwitchedDatabase()).register(discovery, 8080);
      registry.settle();
      registry.advance(Duration.ofSeconds(59));
      assertThat(registry.instances("hello")).hasSize(1);
      registry.advance(Duration.ofSeconds(1));
      assertThat(registry.instances("hello")).isEmpty();
      registry.advance(Duration.ofSeconds(6));
      assertThat(registry.instances("hello")).hasSize(1);
    }
  }
}
