package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("every-consul")
class RegisterAndWatchIT {

  private static final ConsulContainer consul = new ConsulContainer();

  private final Discovery discovery = Discovery.connect(optionsOf(consul).build());
  private final List<Snapshot> snapshots = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() {
    consul.start();
  }

  @AfterAll
  static void stop() {
    consul.stop();
  }

  @AfterEach
  void close() {
    discovery.close();
  }

  @Test
  void aRegisteredServiceIsSeenWithAllItSaidOfItself() {
    Watch watch = discovery.watch(ServiceQuery.service("shop"), snapshots::add);
    discovery.register(
        ServiceDefinition.named("shop")
            .id("shop-1")
            .address("198.18.7.7")
            .port(8081)
            .tag("java")
            .tag("with space")
            .meta("version", "1.2")
            .weight(7)
            .build());

    await().until(() -> watch.current().map(now -> now.instances().size()).orElse(0) == 1);
    ServiceInstance found = watch.current().orElseThrow().instances().get(0);
    assertThat(found.id()).isEqualTo("shop-1");
    assertThat(found.address()).isEqualTo("198.18.7.7");
    assertThat(found.port()).isEqualTo(8081);
    assertThat(found.tags()).containsExactly("java", "with space");
    assertThat(found.meta()).containsEntry("version", "1.2");
    assertThat(found.weight()).isEqualTo(7);
    assertThat(found.status()).isEqualTo(HealthStatus.PASSING);
    assertThat(found.datacenter()).isEqualTo("dc1");
    assertThat(watch.stale()).isFalse();
  }

  @Test
  void leavingTakesTheServiceOutAtOnce() {
    Watch watch = discovery.watch(ServiceQuery.service("leaver"), snapshots::add);
    Registration registration =
        discovery.register(ServiceDefinition.named("leaver").port(8080).build());
    await().until(() -> watch.current().map(now -> now.instances().size()).orElse(0) == 1);

    assertThat(registration.leave()).isTrue();
    assertThat(registration.state()).isEqualTo(RegistrationState.LEFT);
    assertThat(consul.get("/v1/agent/services")).doesNotContain("leaver");
    await()
        .atMost(Duration.ofSeconds(2))
        .until(() -> watch.current().orElseThrow().instances().isEmpty());
    assertThat(snapshots).hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void heartbeatsWakeNoWatch() {
    Watch watch = discovery.watch(ServiceQuery.service("quiet"), snapshots::add);
    HealthCheck often = HealthCheck.ttl(Duration.ofSeconds(1));
    discovery.register(ServiceDefinition.named("quiet").port(8080).check(often).build());
    await().until(() -> watch.current().map(now -> now.instances().size()).orElse(0) == 1);
    String before = consul.get("/v1/agent/checks");
    int known = snapshots.size();

    // A wait that nothing ended: twenty heartbeats or so have passed.
    await().atMost(Duration.ofSeconds(15)).until(() -> watch.age().toSeconds() >= 7);
    assertThat(snapshots).hasSize(known);
    assertThat(consul.get("/v1/agent/checks")).isEqualTo(before);
  }

  @Test
  void maintenanceOfAnEarlierLifeIsCleared() {
    consul.put("/v1/agent/service/register", "{\"ID\":\"again-1\",\"Name\":\"again\",\"Port\":1}");
    consul.put("/v1/agent/service/maintenance/again-1?enable=true", "");
    await().until(() -> consul.get("/v1/agent/checks").contains("_service_maintenance:again-1"));

    discovery.register(ServiceDefinition.named("again").id("again-1").port(8080).build());
    await().until(() -> consul.passing("again").contains("again-1"));
  }

  @Test
  void aServiceThatSomebodyRemovedIsBackWithinAHeartbeat() {
    HealthCheck often = HealthCheck.ttl(Duration.ofSeconds(3));
    discovery.register(
        ServiceDefinition.named("removed").id("removed-1").port(8080).check(often).build());
    await().until(() -> consul.passing("removed").contains("removed-1"));

    consul.put("/v1/agent/service/deregister/removed-1", "");
    await()
        .atMost(Duration.ofSeconds(3))
        .until(() -> consul.passing("removed").contains("removed-1"));
  }

  @Test
  void closingEndsABlockedQueryAtOnce() {
    Watch watch = discovery.watch(ServiceQuery.service("closing"), snapshots::add);
    await().until(() -> watch.current().isPresent());
    await().until(() -> LibraryThreads.named("rollcall-watch").size() == 1);

    watch.close();
    await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(Duration.ofMillis(100))
        .until(() -> LibraryThreads.named("rollcall-watch").isEmpty());
  }

  @Test
  void theAddressThatRoutesToTheAgentIsRegistered() {
    ConsulOptions options =
        optionsOf(consul)
            .address(URI.create("http://" + consul.networkAddress() + ":8500"))
            .build();
    try (Discovery direct = Discovery.connect(options)) {
      Watch watch = direct.watch(ServiceQuery.service("routed"), snapshots::add);
      direct.register(ServiceDefinition.named("routed").port(8080).build());
      await().until(() -> watch.current().map(now -> now.instances().size()).orElse(0) == 1);
      assertThat(watch.current().orElseThrow().instances().get(0).address())
          .isEqualTo(consul.gateway());
    }
  }
}
