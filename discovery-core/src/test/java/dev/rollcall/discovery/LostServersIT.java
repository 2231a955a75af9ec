package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.containers.Network;

/**
 * A watch whose agent has lost Consul's majority says so within seconds, though the agent itself
 * answers, and though a query that blocks would say nothing for the 25 s that it waits.
 */
class LostServersIT {

  private static final Logger log = LoggerFactory.getLogger(LostServersIT.class);
  private static final Duration AWHILE = Duration.ofSeconds(60);

  /** The pause between two reads, the bound of one, and as much again for a busy machine. */
  private static final Duration SECONDS = Duration.ofSeconds(16);

  /** The leader asks a server that was away again after a pause that grows to 41 s. */
  private static final Duration HEALED = Duration.ofMinutes(2);

  private final ConsulServers servers = new ConsulServers(3);
  private final ConsulContainer client = servers.client();
  private final Network access = ConsulServers.network();
  private final List<Snapshot> seen = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() {
    servers.start();
    client.start();
    register("web-1");
    register("web-2");
  }

  @AfterEach
  void stop() {
    client.stop();
    servers.close();
    access.close();
  }

  /** On a node without an agent, so that no lost agent takes it away. */
  private void register(String id) {
    String put =
        servers
            .server(0)
            .put(
                "/v1/catalog/register",
                """
                {"Node":"elsewhere","Address":"198.18.7.7",\
                "Service":{"ID":"%s","Service":"web","Address":"198.18.7.7","Port":8080}}\
                """
                    .formatted(id));
    assertThat(put).contains("true");
  }

  private void deregister(String id, ConsulContainer at) {
    await()
        .atMost(AWHILE)
        .until(
            () ->
                at.put(
                        "/v1/catalog/deregister",
                        "{\"Node\":\"elsewhere\",\"ServiceID\":\"%s\"}".formatted(id))
                    .contains("true"));
  }

  private Watch watch(Discovery discovery, Consistency consistency) {
    Watch watch = discovery.watch(ServiceQuery.service("web").consistency(consistency), seen::add);
    await().atMost(AWHILE).until(() -> sizeOf(watch) == 2);
    assertThat(watch.stale()).isFalse();
    return watch;
  }

  private static int sizeOf(Watch watch) {
    return watch.current().map(now -> now.instances().size()).orElse(-1);
  }

  /** Reachable from here also when it is cut off from the others. */
  private Discovery connectAside(ConsulContainer agent) {
    agent
        .getDockerClient()
        .connectToNetworkCmd()
        .withNetworkId(access.getId())
        .withContainerId(agent.getContainerId())
        .exec();
    String address =
        agent.getCurrentContainerInfo().getNetworkSettings().getNetworks().values().stream()
            .filter(network -> access.getId().equals(network.getNetworkID()))
            .findFirst()
            .orElseThrow()
            .getIpAddress();
    return Discovery.connect(
        ConsulOptions.builder().address(URI.create("http://" + address + ":8500")).build());
  }

  private void awaitStale(String what, Watch... watches) {
    long began = System.nanoTime();
    for (Watch watch : watches) {
      await(what).atMost(SECONDS).until(watch::stale);
      log.info("{}: stale after {} ms", what, (System.nanoTime() - began) / 1_000_000);
      assertThat(sizeOf(watch)).as("what is known stays").isEqualTo(2);
    }
  }

  private void awaitFresh(int instances, Watch... watches) {
    for (Watch watch : watches) {
      await().atMost(HEALED).until(() -> !watch.stale() && sizeOf(watch) == instances);
    }
  }

  /** Nobody was taken for gone who was not. */
  private void wasNeverFewerThan(int instances) {
    assertThat(seen)
        .allSatisfy(now -> assertThat(now.instances()).hasSizeGreaterThanOrEqualTo(instances));
  }

  @Test
  void whereTheMajorityIsStoppedAWatchIsStaleWithinSecondsAndKeepsWhatItKnows() {
    try (Discovery discovery =
        Discovery.connect(ConsulOptions.builder().address(client.address()).build())) {
      Watch ordinary = watch(discovery, Consistency.DEFAULT);
      Watch consistent = watch(discovery, Consistency.CONSISTENT);
      ConsulContainer leader = servers.leader();
      ConsulContainer follower = servers.follower();
      leader.kill();
      follower.kill();
      awaitStale("leader and a follower killed", ordinary, consistent);

      leader.restart();
      follower.restart();
      awaitFresh(2, ordinary, consistent);
      wasNeverFewerThan(2);
    }
  }

  @Test
  void aLeaderThatIsStoppedTakesNobodyOutAndTheNextOneMakesTheWatchFresh() {
    try (Discovery discovery =
        Discovery.connect(ConsulOptions.builder().address(client.address()).build())) {
      Watch watch = watch(discovery, Consistency.CONSISTENT);
      ConsulContainer leader = servers.leader();
      ConsulContainer left = servers.follower();
      leader.kill();
      deregister("web-2", left);
      awaitFresh(1, watch);
      wasNeverFewerThan(1);
    }
  }

  @Test
  void aServerInTheMinorityIsStaleWithinSecondsAndKeepsWhatItKnows() {
    ConsulContainer server = servers.follower();
    ConsulContainer other = servers.leader();
    try (Discovery discovery = connectAside(server)) {
      Watch ordinary = watch(discovery, Consistency.DEFAULT);
      Watch consistent = watch(discovery, Consistency.CONSISTENT);
      servers.cutOff(server);
      awaitStale("follower cut off", ordinary, consistent);

      deregister("web-2", other);
      assertThat(List.of(ordinary.stale(), consistent.stale())).containsOnly(true);
      wasNeverFewerThan(2);

      servers.reconnect(server);
      awaitFresh(1, ordinary, consistent);
      wasNeverFewerThan(1);
    }
  }

  @Test
  void aLeaderThatIsCutOffIsStaleWithinSecondsAndKeepsWhatItKnows() {
    ConsulContainer leader = servers.leader();
    try (Discovery discovery = connectAside(leader)) {
      Watch ordinary = watch(discovery, Consistency.DEFAULT);
      Watch consistent = watch(discovery, Consistency.CONSISTENT);
      servers.cutOff(leader);
      awaitStale("leader cut off", ordinary, consistent);
      servers.reconnect(leader);
      awaitFresh(2, ordinary, consistent);
      wasNeverFewerThan(2);
    }
  }

  @Test
  void anAgentThatIsCutOffFromAllServersIsStaleWithinSecondsAndKeepsWhatItKnows() {
    try (Discovery discovery = connectAside(client)) {
      Watch ordinary = watch(discovery, Consistency.DEFAULT);
      Watch consistent = watch(discovery, Consistency.CONSISTENT);
      servers.cutOff(client);
      awaitStale("client cut off", ordinary, consistent);

      deregister("web-2", servers.server(0));
      wasNeverFewerThan(2);
      servers.reconnect(client);
      awaitFresh(1, ordinary, consistent);
      wasNeverFewerThan(1);
    }
  }
}
