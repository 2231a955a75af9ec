package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Network;
import org.testcontainers.lifecycle.Startables;

/** Two clusters that are peers, of which one exports a service to the other: Consul 1.14. */
class PeersIT {

  private static final Duration AWHILE = Duration.ofSeconds(60);
  private static final Pattern TOKEN = Pattern.compile("\"PeeringToken\": *\"([^\"]+)\"");
  private static final Network network = ConsulServers.network();
  private static final ConsulContainer east = server("east");
  private static final ConsulContainer west = server("west");

  private static ConsulContainer server(String name) {
    return new ConsulContainer("-dev", "-datacenter=" + name, "-node=" + name)
        .withEnv("CONSUL_BIND_INTERFACE", "eth0")
        .withNetwork(network)
        .withNetworkAliases(name);
  }

  @BeforeAll
  static void start() {
    Startables.deepStart(east, west).join();
  }

  @AfterAll
  static void stop() {
    east.stop();
    west.stop();
    network.close();
  }

  private static boolean knowsPeers() {
    return west.get("/v1/peerings").strip().startsWith("[");
  }

  private static void instance(ConsulContainer at, String id, String address) {
    at.put(
        "/v1/agent/service/register",
        "{\"ID\":\"%s\",\"Name\":\"shop\",\"Address\":\"%s\",\"Port\":80}".formatted(id, address));
  }

  private static List<String> found(Watch watch) {
    return watch.current().stream()
        .flatMap(now -> now.instances().stream())
        .map(one -> one.id() + " " + one.address() + " in " + one.datacenter())
        .toList();
  }

  @Test
  void whatAPeerExportsIsFoundAndFollowedAndNotTakenForOnesOwn() {
    assumeThat(knowsPeers()).as("Consul 1.13 and later has peers").isTrue();
    instance(east, "shop-east", "198.18.0.1");
    instance(west, "shop-west", "198.18.0.9");
    Matcher token = TOKEN.matcher(east.post("/v1/peering/token", "{\"PeerName\":\"west\"}"));
    assertThat(token.find()).isTrue();
    west.post(
        "/v1/peering/establish",
        "{\"PeerName\":\"east\",\"PeeringToken\":\"" + token.group(1) + "\"}");
    east.put(
        "/v1/config",
        """
        {"Kind":"exported-services","Name":"default",
         "Services":[{"Name":"shop","Consumers":[{"Peer":"west"}]}]}""");

    ServiceQuery shop = ServiceQuery.service("shop");
    try (Discovery discovery = Discovery.connect(optionsOf(west).build())) {
      Watch own = discovery.watch(shop, snapshot -> {});
      Watch peers =
          discovery.watch(
              shop.peer("east").worst(HealthStatus.CRITICAL).consistency(Consistency.CONSISTENT),
              snapshot -> {});
      await()
          .atMost(AWHILE)
          .untilAsserted(
              () -> assertThat(found(peers)).containsExactly("shop-east 198.18.0.1 in east"));
      assertThat(found(own)).containsExactly("shop-west 198.18.0.9 in west");
      assertThat(peers.leftOut()).isEmpty();

      instance(east, "shop-late", "198.18.0.2");
      await()
          .atMost(AWHILE)
          .untilAsserted(
              () ->
                  assertThat(found(peers))
                      .containsExactly(
                          "shop-east 198.18.0.1 in east", "shop-late 198.18.0.2 in east"));
      assertThat(found(own)).containsExactly("shop-west 198.18.0.9 in west");
    }
  }

  @Test
  void anAgentThatDoesNotKnowPeersGivesNoneOfItsOwnForThem() {
    assumeThat(knowsPeers()).as("Consul before 1.13 has no peers").isFalse();
    instance(west, "shop-west", "198.18.0.9");
    try (Discovery discovery = Discovery.connect(optionsOf(west).build())) {
      Watch peers = discovery.watch(ServiceQuery.service("shop").peer("east"), snapshot -> {});
      await().atMost(AWHILE).until(() -> !peers.leftOut().isEmpty());
      assertThat(found(peers)).isEmpty();
      assertThat(peers.leftOut())
          .singleElement()
          .asString()
          .contains("shop-west", "none of the peer east");
    }
  }
}
