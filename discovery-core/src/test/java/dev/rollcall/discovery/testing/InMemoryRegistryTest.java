package dev.rollcall.discovery.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.Watch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the registry in memory promises beyond the contract: exact times, and no waiting. */
class InMemoryRegistryTest {

  private static final ServiceDefinition WEB =
      ServiceDefinition.named("web").id("web-1").port(8080).build();
  private static final ServiceQuery QUERY = ServiceQuery.service("web");

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final List<Snapshot> snapshots = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    registry.close();
  }

  private static ServiceInstance instance(String id) {
    return ServiceInstance.builder("web", "198.18.0.9", 80)
        .id(id)
        .node("other")
        .datacenter("dc1")
        .build();
  }

  @Test
  void settlingIsEnoughForARegistrationToPassAndAListenerToBeTold() {
    Discovery discovery = registry.connect();
    discovery.watch(QUERY, snapshots::add);
    Registration registration = discovery.register(WEB);
    registry.settle();
    assertThat(registration.state()).isEqualTo(RegistrationState.PASSING);
    assertThat(snapshots.get(snapshots.size() - 1).instances()).hasSize(1);
  }

  @Test
  void everyChangeIsToldWithoutTimePassing() {
    Watch watch = registry.connect().watch(QUERY, snapshots::add);
    registry.settle();
    for (int i = 0; i < 20; i++) {
      registry.add(instance("web-" + i));
      registry.settle();
    }
    assertThat(snapshots).hasSize(21);
    assertThat(watch.age()).isZero();
  }

  @Test
  void aCheckLapsesWhenItsTimeToLiveIsOverAndNotBefore() {
    registry.add(WEB);
    registry.advance(Duration.ofMillis(14_999));
    assertThat(registry.passing("web")).hasSize(1);
    registry.advance(Duration.ofMillis(1));
    assertThat(registry.passing("web")).isEmpty();
    assertThat(registry.instances("web").get(0).status()).isEqualTo(HealthStatus.CRITICAL);
    registry.advance(Duration.ofMinutes(1).minusMillis(1));
    assertThat(registry.instances("web")).hasSize(1);
    registry.advance(Duration.ofMillis(1));
    assertThat(registry.instances("web")).isEmpty();
  }

  @Test
  void heartbeatsGoByTheRegistrysClock() {
    List<Duration> heartbeats = new CopyOnWriteArrayList<>();
    DiscoveryListener counting =
        new DiscoveryListener() {
          @Override
          public void heartbeatConfirmed(String id, Duration took) {
            heartbeats.add(took);
          }
        };
    registry.connect(ConsulOptions.builder().listener(counting).build()).register(WEB);
    registry.advance(Duration.ofHours(1));
    assertThat(heartbeats).hasSizeBetween(700, 740).allMatch(Duration::isZero);
    assertThat(registry.passing("web")).hasSize(1);
  }

  @Test
  void lostDataIsNoticedByTheNextHeartbeat() {
    registry.connect().register(WEB);
    registry.settle();
    registry.forgetEverything();
    assertThat(registry.instances("web")).isEmpty();
    registry.advance(Duration.ofSeconds(6));
    assertThat(registry.passing("web")).hasSize(1);
  }

  @Test
  void aFailureOfAnyKindIsTold() {
    List<ConsulFailure.Kind> kinds = new CopyOnWriteArrayList<>();
    DiscoveryListener listener =
        new DiscoveryListener() {
          @Override
          public void watchFailed(ServiceQuery query, ConsulFailure failure) {
            kinds.add(failure.kind());
          }
        };
    Watch watch =
        registry
            .connect(ConsulOptions.builder().listener(listener).build())
            .watch(QUERY, snapshots::add);
    registry.settle();
    registry.failWith(new ConsulFailure(ConsulFailure.Kind.FORBIDDEN, "403 Permission denied"));
    registry.settle();
    assertThat(kinds).containsExactly(ConsulFailure.Kind.FORBIDDEN);
    assertThat(watch.stale()).isTrue();
    registry.available();
    registry.advance(Duration.ofMillis(250));
    assertThat(watch.stale()).isFalse();
  }

  @Test
  void anotherDatacenterCannotBeReached() {
    registry.add(instance("web-1"));
    Watch far = registry.connect().watch(QUERY.datacenter("far"), snapshots::add);
    Watch near = registry.connect().watch(QUERY.datacenter("dc1"), snapshots::add);
    registry.advance(Duration.ofMinutes(1));
    assertThat(far.current()).isEmpty();
    assertThat(near.current().orElseThrow().instances()).hasSize(1);
  }

  @Test
  void aFilterIsRefusedRatherThanIgnored() {
    List<ConsulFailure> failures = new CopyOnWriteArrayList<>();
    DiscoveryListener listener =
        new DiscoveryListener() {
          @Override
          public void watchFailed(ServiceQuery query, ConsulFailure failure) {
            failures.add(failure);
          }
        };
    registry.add(instance("web-1"));
    Watch watch =
        registry
            .connect(ConsulOptions.builder().listener(listener).build())
            .watch(QUERY.filter("Service.Port == 80"), snapshots::add);
    registry.settle();
    assertThat(watch.current()).isEmpty();
    assertThat(failures)
        .singleElement()
        .satisfies(failure -> assertThat(failure.kind()).isEqualTo(ConsulFailure.Kind.REJECTED));
  }

  @Test
  void aProbePassesAfterItsIntervalUntilSomebodySaysOtherwise() {
    HealthCheck every10 = HealthCheck.tcp();
    Registration registration =
        registry
            .connect()
            .register(ServiceDefinition.named("web").id("web-1").port(8080).check(every10).build());
    registry.advance(Duration.ofMillis(9_999));
    assertThat(registry.passing("web")).isEmpty();
    registry.advance(Duration.ofMillis(1));
    assertThat(registry.passing("web")).hasSize(1);
    registry.advance(Duration.ofSeconds(11));
    assertThat(registration.state()).isEqualTo(RegistrationState.PASSING);

    registry.setStatus("web-1", HealthStatus.WARNING);
    registry.advance(Duration.ofMinutes(10));
    assertThat(registry.instances("web").get(0).status()).isEqualTo(HealthStatus.WARNING);
    assertThat(registration.state()).isEqualTo(RegistrationState.JOINING);
  }

  @Test
  void aServiceIsAsWellAsTheWorstOfItsChecks() {
    registry
        .connect()
        .register(
            ServiceDefinition.named("web")
                .id("web-1")
                .port(8080)
                .weights(5, 2)
                .checks(List.of(HealthCheck.ttl(Duration.ofSeconds(15)), HealthCheck.tcp()))
                .build());
    registry.settle();
    assertThat(registry.passing("web")).isEmpty();
    registry.advance(Duration.ofSeconds(10));
    assertThat(registry.passing("web").get(0).weight()).isEqualTo(5);
    registry.setStatus("web-1", HealthStatus.WARNING);
    registry.advance(Duration.ofSeconds(30));
    assertThat(registry.instances("web").get(0).status()).isEqualTo(HealthStatus.WARNING);
    assertThat(registry.instances("web").get(0).weight()).isEqualTo(2);
  }

  @Test
  void whatIsFoundCriticalForLongIsRemoved() {
    registry.add(
        ServiceDefinition.named("web").id("web-1").port(80).check(HealthCheck.tcp()).build());
    registry.setStatus("web-1", HealthStatus.CRITICAL);
    registry.advance(Duration.ofSeconds(59));
    assertThat(registry.instances("web")).hasSize(1);
    registry.advance(Duration.ofSeconds(1));
    assertThat(registry.instances("web")).isEmpty();
  }

  @Test
  void theStatusOfACheckHoldsUntilItsNextHeartbeat() {
    registry.connect().register(WEB);
    registry.settle();
    registry.setStatus("web-1", HealthStatus.WARNING);
    assertThat(registry.passing("web")).isEmpty();
    registry.advance(Duration.ofSeconds(6));
    assertThat(registry.passing("web")).hasSize(1);
  }

  @Test
  void maintenanceHoldsThroughHeartbeats() {
    registry.connect().register(WEB);
    registry.settle();
    registry.setMaintenance("web-1", true);
    registry.advance(Duration.ofSeconds(30));
    assertThat(registry.instances("web").get(0).status()).isEqualTo(HealthStatus.MAINTENANCE);
    registry.setMaintenance("web-1", false);
    assertThat(registry.passing("web")).hasSize(1);
  }

  @Test
  void aQueryForAllInstancesFindsThoseInMaintenanceAndNoOther() {
    registry.connect().register(WEB);
    registry.settle();
    registry.setMaintenance("web-1", true);
    for (HealthStatus worst : HealthStatus.values()) {
      try (Watch watch =
          registry.connect().watch(ServiceQuery.service("web").worst(worst), snapshot -> {})) {
        registry.settle();
        assertThat(watch.current().orElseThrow().instances())
            .as("worst %s", worst)
            .hasSize(worst.compareTo(HealthStatus.CRITICAL) >= 0 ? 1 : 0);
      }
    }
  }

  @Test
  void maintenanceIsNoStatusOfACheck() {
    registry.connect().register(WEB);
    assertThatThrownBy(() -> registry.setStatus("web-1", HealthStatus.MAINTENANCE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("setMaintenance");
  }

  @Test
  void whatIsUnknownIsRefusedByName() {
    assertThatThrownBy(() -> registry.remove("who"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"who\"");
  }

  @Test
  void aListenerThatWaitsForItselfIsToldSo() {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    registry
        .connect()
        .watch(
            QUERY,
            snapshot -> {
              try {
                registry.settle();
              } catch (IllegalStateException e) {
                thrown.set(e);
              }
            });
    registry.settle();
    assertThat(thrown.get()).hasMessageContaining("from a listener");
  }

  @Test
  void manyConnectionsStayInStepThroughLosses() {
    for (int i = 0; i < 50; i++) {
      registry
          .connect()
          .register(
              ServiceDefinition.named("web")
                  .id("web-" + i)
                  .port(8080)
                  .check(HealthCheck.ttl(Duration.ofSeconds(3)))
                  .build());
    }
    Watch watch = registry.connect().watch(QUERY, snapshots::add);
    for (int i = 0; i < 5; i++) {
      registry.forgetEverything();
      registry.advance(Duration.ofSeconds(12));
      assertThat(registry.passing("web")).hasSize(50);
      assertThat(watch.current().orElseThrow().instances()).hasSize(50);
    }
  }
}
