package dev.rollcall.discovery;

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
import org.junit.jupiter.api.Test;

/** Three servers, of which one is lost. */
class ClusterIT {

  private static final ConsulServers servers = new ConsulServers(3);
  private static final Duration AWHILE = Duration.ofSeconds(45);

  /** The leader asks a server that was away again after a pause that grows to 41 s. */
  private static final Duration HEALED = Duration.ofMinutes(2);

  private final List<Snapshot> seen = new CopyOnWriteArrayList<>();
  private final List<RegistrationState> states = new CopyOnWriteArrayList<>();
  private final DiscoveryListener recording =
      new DiscoveryListener() {
        @Override
        public void registrationChanged(String id, RegistrationState from, RegistrationState to) {
          states.add(to);
        }
      };

  @BeforeAll
  static void start() {
    servers.start();
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  @AfterEach
  void allTogetherAgain() {
    await()
        .atMost(AWHILE)
        .untilAsserted(
            () ->
                assertThat(servers.server(0).get("/v1/operator/autopilot/health"))
                    .contains("\"FailureTolerance\":1"));
  }

  private ConsulOptions.Builder at(URI... addresses) {
    return ConsulOptions.builder()
        .addresses(List.of(addresses))
        .connectTimeout(Duration.ofSeconds(1))
        .callTimeout(Duration.ofSeconds(2))
        .waitTime(Duration.ofSeconds(2))
        .listener(recording);
  }

  private static ServiceDefinition definition(String name) {
    return ServiceDefinition.named(name)
        .id(name + "-1")
        .address("198.18.7.7")
        .port(8080)
        .check(HealthCheck.ttl(Duration.ofSeconds(12)))
        .build();
  }

  private Watch watch(Discovery discovery, String name) {
    Watch watch = discovery.watch(ServiceQuery.service(name), seen::add);
    await().atMost(AWHILE).until(() -> lists(watch));
    return watch;
  }

  private static boolean lists(Watch watch) {
    return watch.current().map(now -> !now.instances().isEmpty()).orElse(false);
  }

  private static boolean isWell(Watch watch) {
    return !watch.stale() && lists(watch);
  }

  /** What was seen since the service was first seen: it, once, and never nothing. */
  private void wasAlwaysThereOnce() {
    List<Integer> sizes = seen.stream().map(now -> now.instances().size()).toList();
    assertThat(sizes.subList(sizes.indexOf(1), sizes.size())).containsOnly(1);
  }

  @Test
  void aServiceMovesFromAnAgentThatHangsToTheNextAndIsNeverSeenTwice() {
    ConsulContainer lost = servers.server(1);
    ConsulContainer next = servers.server(2);
    try (Discovery discovery = Discovery.connect(at(lost.address(), next.address()).build())) {
      Registration registration = discovery.register(definition("mover"));
      Watch watch = watch(discovery, "mover");
      lost.pause();
      await().atMost(AWHILE).until(() -> next.get("/v1/agent/services").contains("mover-1"));
      await().atMost(AWHILE).until(() -> registration.state() == RegistrationState.PASSING);
      await().atMost(AWHILE).until(() -> isWell(watch));

      lost.unpause();
      await().atMost(AWHILE).until(() -> !lost.get("/v1/agent/services").contains("mover-1"));
      assertThat(next.get("/v1/agent/services")).contains("mover-1");
      await()
          .atMost(AWHILE)
          .untilAsserted(
              () ->
                  assertThat(next.passing("mover").split("\"ServiceID\":\"mover-1\"", -1))
                      .hasSize(2));
      // Nobody for a moment, if Consul takes the agent's node out before the service has moved.
      assertThat(seen).allSatisfy(now -> assertThat(now.instances()).hasSizeLessThan(2));

      assertThat(registration.leave()).isTrue();
      await().atMost(AWHILE).until(() -> !lists(watch));
    }
  }

  @Test
  void aLeaderThatIsKilledTakesNobodyOut() {
    ConsulContainer leader = servers.leader();
    ConsulContainer follower = servers.follower();
    try (Discovery discovery = Discovery.connect(at(follower.address()).build())) {
      Registration registration = discovery.register(definition("survivor"));
      Watch watch = watch(discovery, "survivor");
      String before = follower.get("/v1/status/leader");
      leader.kill();
      await()
          .atMost(AWHILE)
          .until(
              () -> {
                String now = follower.get("/v1/status/leader");
                return now.contains(":8300") && !now.equals(before);
              });
      await().atMost(AWHILE).until(() -> isWell(watch));
      await().atMost(AWHILE).until(() -> follower.passing("survivor").contains("survivor-1"));
      assertThat(registration.state()).isEqualTo(RegistrationState.PASSING);
      assertThat(states).doesNotContain(RegistrationState.JOINING);
      wasAlwaysThereOnce();
    } finally {
      leader.restart();
    }
  }

  @Test
  void aNetworkThatIsCutAndHealedFindsTheServiceAgain() {
    ConsulContainer agent = servers.server(1);
    ConsulContainer other = servers.server(2);
    URI direct = URI.create("http://" + agent.networkAddress() + ":8500");
    try (Discovery discovery = Discovery.connect(at(direct).build());
        Discovery onlooker = Discovery.connect(at(other.address()).build())) {
      Registration registration = discovery.register(definition("islander"));
      Watch watch = watch(discovery, "islander");
      Watch outside = watch(onlooker, "islander");

      servers.cutOff(agent);
      await().atMost(AWHILE).until(watch::stale);
      await().atMost(AWHILE).until(() -> registration.state() == RegistrationState.JOINING);
      assertThat(lists(watch)).as("the last known instances stay").isTrue();
      await().atMost(AWHILE).until(() -> !lists(outside));

      servers.reconnect(agent);
      assertThat(agent.networkAddress()).isEqualTo(direct.getHost());
      await().atMost(HEALED).until(() -> registration.state() == RegistrationState.PASSING);
      await().atMost(HEALED).until(() -> isWell(watch));
      await().atMost(HEALED).until(() -> isWell(outside));
    }
  }
}
