package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.testing.InMemoryRegistry;
import java.time.Duration;
import java.util.concurrent.Callable;

/** The contract, kept with the registry in memory. */
class InMemoryContractTest extends DiscoveryContract {

  private static final Duration STEP = Duration.ofMillis(100);

  private final InMemoryRegistry registry = new InMemoryRegistry();

  @Override
  Discovery open() {
    return registry.connect();
  }

  @Override
  void eventually(Callable<Boolean> condition) {
    Duration passed = Duration.ZERO;
    while (!met(condition)) {
      assertThat(passed).as("within a minute").isLessThan(Duration.ofMinutes(1));
      registry.advance(STEP);
      passed = passed.plus(STEP);
    }
  }

  private static boolean met(Callable<Boolean> condition) {
    try {
      return condition.call();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  void addSilent(String name, String id, Duration ttl) {
    registry.add(ServiceDefinition.named(name).id(id).port(80).check(HealthCheck.ttl(ttl)).build());
  }

  @Override
  void remove(String id) {
    registry.remove(id);
  }

  @Override
  void maintain(String id) {
    registry.setMaintenance(id, true);
  }

  @Override
  void loseData() {
    registry.forgetEverything();
  }

  @Override
  void cut() {
    registry.unavailable();
  }

  @Override
  void heal() {
    registry.available();
  }

  @Override
  boolean passes(String service, String id) {
    return registry.passing(service).stream().anyMatch(instance -> instance.id().equals(id));
  }
}
