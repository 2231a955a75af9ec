package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Network;
import org.testcontainers.lifecycle.Startables;

/** Two datacenters that know of each other. */
class DatacentersIT {

  private static final Duration AWHILE = Duration.ofSeconds(30);
  private static final Network network = ConsulServers.network();
  private static final ConsulContainer one = server("dc1");
  private static final ConsulContainer two = server("dc2", "-retry-join-wan=consul-dc1");

  private final List<ConsulFailure> failures = new CopyOnWriteArrayList<>();
  private final DiscoveryListener listener =
      new DiscoveryListener() {
        @Override
        public void watchFailed(ServiceQuery query, ConsulFailure failure) {
          failures.add(failure);
        }
      };

  private static ConsulContainer server(String datacenter, String... more) {
    Stream<String> own =
        Stream.of("-dev", "-datacenter=" + datacenter, "-node=" + datacenter, "-retry-interval=1s");
    return new ConsulContainer(Stream.concat(own, Stream.of(more)).toArray(String[]::new))
        .withEnv("CONSUL_BIND_INTERFACE", "eth0")
        .withNetwork(network)
        .withNetworkAliases("consul-" + datacenter);
  }

  @BeforeAll
  static void start() {
    Startables.deepStart(one, two).join();
    await()
        .atMost(AWHILE)
        .until(
            () ->
                Stream.of(one, two)
                    .allMatch(
                        each ->
                            each.get("/v1/catalog/datacenters").contains("dc1")
                                && each.get("/v1/catalog/datacenters").contains("dc2")));
  }

  @AfterAll
  static void stop() {
    one.stop();
    two.stop();
    network.close();
  }

  private static List<String> found(Watch watch) {
    return watch.current().stream()
        .flatMap(now -> now.instances().stream())
        .map(instance -> instance.id() + " in " + instance.datacenter())
        .toList();
  }

  private static ServiceDefinition shop(String id) {
    return ServiceDefinition.named("shop").id(id).address("198.18.7.7").port(80).build();
  }

  @Test
  void aQueryLooksWhereItIsToldTo() {
    ServiceQuery shop = ServiceQuery.service("shop");
    try (Discovery here = Discovery.connect(optionsOf(one).listener(listener).build());
        Discovery there = Discovery.connect(optionsOf(two).build())) {
      here.register(shop("shop-1"));
      Registration other = there.register(shop("shop-2"));
      Watch own = here.watch(shop, snapshot -> {});
      Watch far = here.watch(shop.datacenter("dc2"), snapshot -> {});
      await().atMost(AWHILE).until(() -> found(own).equals(List.of("shop-1 in dc1")));
      await().atMost(AWHILE).until(() -> found(far).equals(List.of("shop-2 in dc2")));

      assertThat(other.leave()).isTrue();
      await().atMost(AWHILE).until(() -> found(far).isEmpty());
      assertThat(found(own)).containsExactly("shop-1 in dc1");
      assertThat(failures).isEmpty();
    }
  }

  @Test
  void aDatacenterThatNobodyKnowsIsAFailureAndNoEmptyAnswer() {
    try (Discovery here = Discovery.connect(optionsOf(one).listener(listener).build())) {
      Watch nowhere = here.watch(ServiceQuery.service("shop").datacenter("dc3"), snapshot -> {});
      await().atMost(AWHILE).until(() -> !failures.isEmpty());
      assertThat(failures.get(0).message()).contains("No path to datacenter");
      assertThat(nowhere.current()).isEmpty();
      assertThat(nowhere.stale()).isTrue();
    }
  }
}
