package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.wait.strategy.Wait;

/**
 * A server that answers, but has no leader without the other one. While it has something to tell a
 * leader it takes some 7 s for each call: longer than the default bound.
 */
@Tag("every-consul")
class LeaderlessIT {

  private static final Duration AWHILE = Duration.ofSeconds(60);

  private final ConsulServers servers = new ConsulServers(2);
  private final ConsulContainer agent = servers.server(0);
  private final ConsulContainer other = servers.server(1);
  private final List<Snapshot> seen = new CopyOnWriteArrayList<>();
  private final List<RegistrationState> states = new CopyOnWriteArrayList<>();
  private final DiscoveryListener recording =
      new DiscoveryListener() {
        @Override
        public void registrationChanged(String id, RegistrationState from, RegistrationState to) {
          states.add(to);
        }

        @Override
        public void heartbeatConfirmed(String id, Duration took) {
          heartbeats.incrementAndGet();
        }
      };
  private final AtomicInteger heartbeats = new AtomicInteger();
  private final LogCapture logged = new LogCapture();

  @AfterEach
  void stop() {
    logged.close();
    servers.close();
  }

  private static ServiceDefinition definition(String id) {
    return ServiceDefinition.named("web")
        .id(id)
        .address("198.18.7.7")
        .port(8080)
        .check(HealthCheck.ttl(Duration.ofSeconds(30)))
        .build();
  }

  private static int sizeOf(Watch watch) {
    return watch.current().map(now -> now.instances().size()).orElse(-1);
  }

  private long linesOfTheWatch() {
    return logged.lines().stream().filter(line -> line.contains("Watch of web")).count();
  }

  @Test
  void heartbeatsContinueWithoutALeaderAndWatchesKeepTheirLastSnapshot() {
    agent.waitingFor(Wait.forHttp("/v1/status/leader").forPort(8500));
    agent.start();
    ConsulOptions options =
        optionsOf(agent).callTimeout(Duration.ofSeconds(10)).listener(recording).build();
    try (Discovery discovery = Discovery.connect(options)) {
      Registration first = discovery.register(definition("web-1"));
      Watch watch = discovery.watch(ServiceQuery.service("web"), seen::add);
      await().atMost(AWHILE).until(() -> first.state() == RegistrationState.PASSING);
      await().atMost(AWHILE).until(() -> linesOfTheWatch() == 1);
      assertThat(watch.current()).isEmpty();

      other.start();
      await().atMost(AWHILE).until(() -> sizeOf(watch) == 1);
      seen.clear(); // Nobody for a moment, until the server has told the new leader.
      assertThat(linesOfTheWatch()).as("one when it began, one when it was over").isEqualTo(2);

      Watch lagging =
          discovery.watch(ServiceQuery.service("web").consistency(Consistency.STALE), now -> {});
      await().atMost(AWHILE).until(() -> sizeOf(lagging) == 1);

      other.kill();
      await().atMost(AWHILE).until(watch::stale);
      await().atMost(AWHILE).until(() -> agent.get("/v1/status/leader").equals("\"\""));
      int soFar = heartbeats.get();
      await().atMost(AWHILE).until(() -> heartbeats.get() > soFar + 1);
      assertThat(states).containsExactly(RegistrationState.PASSING);
      // It is answered by the server alone, which says that it knows no leader.
      await().atMost(AWHILE).until(lagging::stale);
      assertThat(sizeOf(lagging)).isEqualTo(1);
      assertThat(sizeOf(watch)).as("what is known stays").isEqualTo(1);

      other.restart();
      await().atMost(AWHILE).until(() -> !watch.stale() && !lagging.stale());
      assertThat(seen).allSatisfy(now -> assertThat(now.instances()).isNotEmpty());
      assertThat(logged.lines()).noneMatch(line -> line.contains("Registration web-1"));
    }
  }
}
