package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** More watches than the agent takes connections from one address. */
@Tag("every-consul")
class ConnectionLimitIT {

  private static final int LIMIT = 24;
  private static final ConsulContainer consul =
      new ConsulContainer()
          .withCommand(
              "agent",
              "-dev",
              "-client",
              "0.0.0.0",
              "-hcl",
              "limits { http_max_conns_per_client = " + LIMIT + " }");

  private final List<ConsulFailure> watchFailures = new CopyOnWriteArrayList<>();
  private final List<ConsulFailure> beatFailures = new CopyOnWriteArrayList<>();
  private final AtomicInteger heartbeats = new AtomicInteger();
  private final DiscoveryListener listener =
      new DiscoveryListener() {
        @Override
        public void watchFailed(ServiceQuery query, ConsulFailure failure) {
          watchFailures.add(failure);
        }

        @Override
        public void registrationFailed(String id, ConsulFailure failure) {
          beatFailures.add(failure);
        }

        @Override
        public void heartbeatConfirmed(String id, Duration took) {
          heartbeats.incrementAndGet();
        }
      };

  @BeforeAll
  static void start() {
    consul.start();
  }

  @AfterAll
  static void stop() {
    consul.stop();
  }

  private static List<Watch> watchMany(Discovery discovery, int many) {
    return IntStream.range(0, many)
        .mapToObj(i -> discovery.watch(ServiceQuery.service("web").tag("t" + i), now -> {}))
        .toList();
  }

  private static ServiceDefinition web(int tags) {
    return ServiceDefinition.named("web")
        .id("web-1")
        .port(80)
        .tags(IntStream.range(0, tags).mapToObj(i -> "t" + i).toList())
        .check(HealthCheck.ttl(Duration.ofSeconds(1)))
        .build();
  }

  @Test
  void watchesBeyondTheLimitArePolledAndHeartbeatsLive() {
    // Two connections are left for the test itself.
    ConsulOptions options = optionsOf(consul).connections(LIMIT - 2).listener(listener).build();
    allSeeTheServiceAndHeartbeatsLive(options, 2 * LIMIT);
  }

  @Test
  void theTwoHundredAndFirstWatchOfAnAgentThatIsAsItComes() {
    try (ConsulContainer asItComes = new ConsulContainer()) {
      asItComes.start();
      allSeeTheServiceAndHeartbeatsLive(optionsOf(asItComes).listener(listener).build(), 201);
    }
  }

  private void allSeeTheServiceAndHeartbeatsLive(ConsulOptions options, int many) {
    try (Discovery discovery = Discovery.connect(options)) {
      List<Watch> watches = watchMany(discovery, many);
      await()
          .atMost(Duration.ofSeconds(40))
          .until(() -> watches.stream().allMatch(watch -> watch.current().isPresent()));

      Registration registration = discovery.register(web(many));
      await()
          .atMost(Duration.ofSeconds(40))
          .until(
              () ->
                  watches.stream()
                      .allMatch(watch -> watch.current().orElseThrow().instances().size() == 1));
      int before = heartbeats.get();
      await().until(() -> heartbeats.get() >= before + 10);
      assertThat(registration.state()).isEqualTo(RegistrationState.PASSING);
    }
    assertThat(watchFailures).isEmpty();
    assertThat(beatFailures).isEmpty();
  }

  @Test
  void whatTheAgentRefusesIsToldAndHeartbeatsLive() {
    // Nobody told the library of the agent's limit.
    ConsulOptions options = optionsOf(consul).listener(listener).build();
    try (Discovery discovery = Discovery.connect(options)) {
      Registration registration = discovery.register(web(1));
      await().until(() -> registration.state() == RegistrationState.PASSING);
      List<Watch> watches = watchMany(discovery, 2 * LIMIT);
      await().until(() -> watchFailures.size() >= 2 * LIMIT);
      // The agent says 429 and hangs up, before it has read the request: often only that is seen.
      assertThat(watchFailures)
          .extracting(ConsulFailure::kind)
          .containsOnly(ConsulFailure.Kind.UNAVAILABLE);
      assertThat(watches).anySatisfy(watch -> assertThat(watch.stale()).isFalse());
      assertThat(watches).anySatisfy(watch -> assertThat(watch.stale()).isTrue());

      int before = heartbeats.get();
      await().until(() -> heartbeats.get() >= before + 10);
      assertThat(registration.state()).isEqualTo(RegistrationState.PASSING);
      assertThat(beatFailures).isEmpty();

      // Whoever was refused is served as soon as there is room, and knows what it knew before.
      List<Watch> rest = watches.subList(0, LIMIT / 2);
      watches.subList(LIMIT / 2, watches.size()).forEach(Watch::close);
      await().atMost(Duration.ofSeconds(60)).until(() -> rest.stream().noneMatch(Watch::stale));
      assertThat(rest.get(0).current().orElseThrow().instances()).hasSize(1);
    }
  }
}
