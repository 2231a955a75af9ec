package dev.rollcall.discovery.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.testing.InMemoryRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiscoveryMetricsTest {

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final Discovery discovery =
      registry.connect(ConsulOptions.builder().listener(new DiscoveryMetrics(meters)).build());

  @AfterEach
  void close() {
    registry.close();
  }

  private double count(String name, String... tags) {
    return meters.get(name).tags(tags).counter().count();
  }

  private double gauge(String name, String... tags) {
    return meters.get(name).tags(tags).gauge().value();
  }

  private void register() {
    discovery.register(ServiceDefinition.named("web").id("web-1").port(8080).build());
    registry.settle();
  }

  @Test
  void heartbeatsAreTimedAndChangesAndFailuresCounted() {
    register();
    registry.advance(Duration.ofSeconds(16));
    assertThat(meters.get("rollcall.registration.beats").tag("id", "web-1").timer().count())
        .isBetween(3L, 4L);
    registry.unavailable();
    registry.advance(Duration.ofSeconds(30));
    registry.available();
    registry.advance(Duration.ofSeconds(3));

    assertThat(count("rollcall.registration.changes", "id", "web-1", "to", "passing")).isEqualTo(2);
    assertThat(count("rollcall.registration.changes", "id", "web-1", "to", "joining")).isEqualTo(1);
    assertThat(count("rollcall.registration.failures", "id", "web-1", "kind", "unavailable"))
        .isGreaterThan(3);
  }

  @Test
  void answersAndFailuresOfWatchesAreCounted() {
    discovery.watch(ServiceQuery.service("web"), snapshot -> {});
    discovery.watchServices(CatalogQuery.services(), services -> {});
    register();
    registry.advance(Duration.ofSeconds(31));
    assertThat(count("rollcall.watch.answers", "service", "web", "changed", "true"))
        .isGreaterThanOrEqualTo(1);
    assertThat(count("rollcall.watch.answers", "service", "web", "changed", "false"))
        .isGreaterThanOrEqualTo(1);
    assertThat(count("rollcall.watch.answers", "service", "*", "changed", "true"))
        .isGreaterThanOrEqualTo(1);
    registry.unavailable();
    registry.settle();
    assertThat(count("rollcall.watch.failures", "service", "web", "kind", "unavailable"))
        .isEqualTo(1);
    assertThat(count("rollcall.watch.failures", "service", "*", "kind", "unavailable"))
        .isEqualTo(1);
  }

  @Test
  void gaugesTellOfRegistrationsAndWatches() {
    DiscoveryMetrics.of(discovery).bindTo(meters);
    assertThat(gauge("rollcall.registrations", "state", "passing")).isZero();
    assertThat(meters.get("rollcall.watch.age").timeGauge().value(TimeUnit.SECONDS)).isZero();

    register();
    discovery.watch(ServiceQuery.service("web"), snapshot -> {});
    registry.settle();
    assertThat(gauge("rollcall.registrations", "state", "passing")).isEqualTo(1);
    assertThat(gauge("rollcall.watches", "stale", "false")).isEqualTo(1);

    registry.unavailable();
    registry.advance(Duration.ofSeconds(20));
    assertThat(gauge("rollcall.registrations", "state", "passing")).isZero();
    assertThat(gauge("rollcall.registrations", "state", "joining")).isEqualTo(1);
    assertThat(gauge("rollcall.watches", "stale", "true")).isEqualTo(1);
    assertThat(gauge("rollcall.watches", "stale", "false")).isZero();
    assertThat(meters.get("rollcall.watch.age").timeGauge().value(TimeUnit.SECONDS)).isEqualTo(20);
  }
}
