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
import org.junit.jupiter.api.Test;

class OutageIT {

  private static final Duration AWHILE = Duration.ofSeconds(30);

  private final ConsulContainer consul = new ConsulContainer();
  private final LogCapture logged = new LogCapture();
  private final AtomicInteger heartbeats = new AtomicInteger();
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
  private final Discovery discovery =
      Discovery.connect(optionsOf(consul).listener(recording).build());
  private final ServiceDefinition web =
      ServiceDefinition.named("web")
          .id("web-1")
          .address("198.18.7.7")
          .port(8080)
          .check(HealthCheck.ttl(Duration.ofSeconds(6)))
          .build();

  @AfterEach
  void stop() {
    discovery.close();
    logged.close();
    consul.stop();
  }

  private boolean said(String part) {
    return logged.lines().stream().anyMatch(line -> line.contains(part));
  }

  /** However many tries there were. */
  private void saidOnceThatItBeganAndOnceThatItWasOver(String what) {
    assertThat(logged.lines().stream().filter(line -> line.contains(what)))
        .satisfiesExactly(
            began -> assertThat(began).startsWith("WARN").endsWith("trying on"),
            over -> assertThat(over).startsWith("INFO").contains("well again after"));
  }

  private Watch watchWeb() {
    return discovery.watch(ServiceQuery.service("web"), snapshot -> {});
  }

  private static boolean sees(Watch watch, String id) {
    return watch.current().stream()
        .flatMap(now -> now.instances().stream())
        .anyMatch(instance -> instance.id().equals(id));
  }

  @Test
  void aServiceJoinsWhenConsulAppears() {
    Registration registration = discovery.register(web);
    Watch watch = watchWeb();
    await().until(watch::stale);
    assertThat(registration.state()).isEqualTo(RegistrationState.JOINING);

    consul.start();
    await().until(() -> registration.state() == RegistrationState.PASSING);
    await().atMost(Duration.ofSeconds(15)).until(() -> sees(watch, "web-1"));
    assertThat(watch.stale()).isFalse();
    saidOnceThatItBeganAndOnceThatItWasOver("Registration web-1");
    saidOnceThatItBeganAndOnceThatItWasOver("Watch of web");
  }

  @Test
  void anAgentThatLostItsDataIsToldAgainAndTheWatchRecovers() {
    consul.start();
    for (int i = 0; i < 40; i++) { // so that the new agent's indexes are lower than the old one's
      consul.put("/v1/kv/filler", Integer.toString(i));
    }
    discovery.register(web);
    Watch watch = watchWeb();
    await().until(() -> sees(watch, "web-1"));

    consul.restartWithoutData();
    await().until(() -> states.contains(RegistrationState.JOINING));
    await().atMost(Duration.ofSeconds(30)).until(() -> consul.passing("web").contains("web-1"));
    await().atMost(Duration.ofSeconds(15)).until(() -> !watch.stale() && sees(watch, "web-1"));
    seesWhoJoinsNow(watch);
  }

  private void seesWhoJoinsNow(Watch watch) {
    consul.put("/v1/agent/service/register", "{\"ID\":\"other\",\"Name\":\"web\",\"Port\":80}");
    // Docker's proxy may hold the old connection open: then the watch gives it up as silent.
    await().atMost(Duration.ofSeconds(20)).until(() -> sees(watch, "other"));
  }

  @Test
  void anAgentThatIsRestartedWithItsDataNeedsNotBeToldAgain() {
    consul.start();
    discovery.register(web);
    Watch watch = watchWeb();
    await().until(() -> sees(watch, "web-1"));

    consul.restart();
    await().atMost(AWHILE).until(() -> consul.passing("web").contains("web-1"));
    // A watch that rested while Consul was away has no outage to tell of; it must follow again.
    seesWhoJoinsNow(watch);
    await().atMost(AWHILE).until(() -> !watch.stale() && sees(watch, "web-1"));
    int soFar = heartbeats.get();
    await().atMost(AWHILE).until(() -> heartbeats.get() > soFar + 1);
    assertThat(said("forgotten")).isFalse();
  }

  @Test
  void anAgentThatHangsAndComesBackFindsTheServicePassing() {
    consul.start();
    Registration registration = discovery.register(web);
    Watch watch = watchWeb();
    await().until(() -> sees(watch, "web-1"));

    consul.pause();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> registration.state() == RegistrationState.JOINING);
    await().atMost(Duration.ofSeconds(25)).until(watch::stale);
    assertThat(sees(watch, "web-1")).as("the last known instances stay").isTrue();

    consul.unpause();
    await()
        .atMost(Duration.ofSeconds(15))
        .until(() -> registration.state() == RegistrationState.PASSING);
    await().atMost(Duration.ofSeconds(15)).until(() -> !watch.stale() && sees(watch, "web-1"));
    saidOnceThatItBeganAndOnceThatItWasOver("Registration web-1");
    saidOnceThatItBeganAndOnceThatItWasOver("Watch of web");
  }

  @Test
  void leavingAHungAgentIsBounded() {
    consul.start();
    Registration registration = discovery.register(web);
    await().until(() -> registration.state() == RegistrationState.PASSING);

    consul.pause();
    long began = System.nanoTime();
    assertThat(registration.leave()).isFalse();
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isBetween(Duration.ofMillis(1900), Duration.ofMillis(2500));
    assertThat(registration.state()).isEqualTo(RegistrationState.LEFT);
    consul.unpause();
  }

  @Test
  void nothingIsLeftRunningAfterClose() {
    consul.start();
    discovery.register(web);
    Watch watch = watchWeb();
    await().until(() -> sees(watch, "web-1"));

    discovery.close();
    await().until(() -> LibraryThreads.named("rollcall-").isEmpty());
    assertThat(consul.get("/v1/agent/services")).doesNotContain("web-1");
  }
}
