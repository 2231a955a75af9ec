package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.DiscoveryHealth.RegistrationHealth;
import dev.rollcall.discovery.DiscoveryHealth.WatchHealth;
import dev.rollcall.discovery.testing.InMemoryRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiscoveryHealthTest {

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final Discovery discovery = registry.connect();

  @AfterEach
  void close() {
    registry.close();
  }

  private Registration register(String id) {
    Registration registration =
        discovery.register(ServiceDefinition.named("web").id(id).port(8080).build());
    registry.settle();
    return registration;
  }

  @Test
  void nothingIsWell() {
    assertThat(discovery.health()).isEqualTo(new DiscoveryHealth(List.of(), List.of()));
    assertThat(discovery.health().isPassing()).isTrue();
    assertThat(discovery.health().isFresh()).isTrue();
  }

  @Test
  void whatIsThereIsToldOnceAndInOrder() {
    register("web-2");
    register("web-1");
    discovery.watch(ServiceQuery.service("shop"), snapshot -> {});
    discovery.watch(ServiceQuery.service("shop"), snapshot -> {});
    discovery.watch(ServiceQuery.service("cart"), snapshot -> {});
    discovery.watchServices(CatalogQuery.services(), services -> {});
    registry.settle();

    assertThat(discovery.health())
        .isEqualTo(
            new DiscoveryHealth(
                List.of(
                    new RegistrationHealth("web-1", RegistrationState.PASSING),
                    new RegistrationHealth("web-2", RegistrationState.PASSING)),
                List.of(
                    new WatchHealth("cart", Duration.ZERO, false),
                    new WatchHealth("shop", Duration.ZERO, false),
                    new WatchHealth("the services", Duration.ZERO, false))));
  }

  @Test
  void anOutageShowsInStateAndAge() {
    register("web-1");
    discovery.watch(ServiceQuery.service("shop"), snapshot -> {});
    registry.settle();
    registry.unavailable();
    registry.advance(Duration.ofSeconds(20));

    DiscoveryHealth health = discovery.health();
    assertThat(health.isPassing()).isFalse();
    assertThat(health.isFresh()).isFalse();
    assertThat(health.watches())
        .containsExactly(new WatchHealth("shop", Duration.ofSeconds(20), true));
  }

  @Test
  void whatHasLeftOrIsClosedIsNotTold() {
    Registration registration = register("web-1");
    Watch watch = discovery.watch(ServiceQuery.service("shop"), snapshot -> {});
    registration.leave();
    watch.close();
    assertThat(discovery.health()).isEqualTo(new DiscoveryHealth(List.of(), List.of()));
  }

  @Test
  void aClosedConnectionHasNothing() {
    register("web-1");
    discovery.watch(ServiceQuery.service("shop"), snapshot -> {});
    discovery.close();
    assertThat(discovery.health()).isEqualTo(new DiscoveryHealth(List.of(), List.of()));
  }
}
