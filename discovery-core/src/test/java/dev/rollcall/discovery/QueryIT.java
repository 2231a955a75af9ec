package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every option of a query, as a real Consul understands it. */
@Tag("every-consul")
class QueryIT {

  private static final String HOSTILE = "a \"quoted\" `tag` \\ & ?passing=true é";
  private static final ConsulContainer consul = new ConsulContainer();

  private final List<ConsulFailure> failures = new CopyOnWriteArrayList<>();
  private final DiscoveryListener listener =
      new DiscoveryListener() {
        @Override
        public void watchFailed(ServiceQuery query, ConsulFailure failure) {
          failures.add(failure);
        }
      };
  private final Discovery discovery =
      Discovery.connect(optionsOf(consul).listener(listener).build());

  @BeforeAll
  static void start() {
    consul.start();
    instance("pass", "passing", "\"blue\", \"java\"", "1");
    instance("warn", "warning", "\"blue\", \"a \\\"quoted\\\" `tag` \\\\ & ?passing=true é\"", "2");
    instance("crit", "critical", "\"green\"", "2");
    endpoint("plain", "\"Address\":\"198.18.7.7\",\"Port\":80");
    endpoint("six", "\"Address\":\"2001:db8::7\",\"Port\":80");
    endpoint("node", "\"Port\":80");
    endpoint(
        "dual",
        "\"Address\":\"198.18.7.8\",\"Port\":80,\"TaggedAddresses\":{\"wan\":{\"Address\":"
            + "\"203.0.113.8\",\"Port\":8443},\"lan_ipv6\":{\"Address\":\"2001:db8::8\",\"Port\":80}}");
    endpoint(
        "sidecar",
        "\"Address\":\"198.18.7.9\",\"Port\":80,\"Kind\":\"connect-proxy\",\"Proxy\":{"
            + "\"DestinationServiceName\":\"place\"}");
    endpoint("gateway", "\"Address\":\"198.18.7.9\",\"Port\":81,\"Kind\":\"mesh-gateway\"");
  }

  private static void endpoint(String id, String members) {
    consul.put(
        "/v1/agent/service/register", "{\"ID\":\"" + id + "\",\"Name\":\"place\"," + members + "}");
  }

  private static void instance(String id, String status, String tags, String version) {
    consul.put(
        "/v1/agent/service/register",
        """
        {"ID":"%s","Name":"shop","Address":"198.18.7.7","Port":80,"Tags":[%s],"Meta":{"v":"%s"},
         "Weights":{"Passing":10,"Warning":3},"Check":{"TTL":"1h","Status":"%s"}}"""
            .formatted(id, tags, version, status));
  }

  @AfterAll
  static void stop() {
    consul.stop();
  }

  @AfterEach
  void close() {
    discovery.close();
  }

  private List<String> found(ServiceQuery query) {
    Watch watch = discovery.watch(query, snapshot -> {});
    await().until(() -> watch.current().isPresent() || !failures.isEmpty());
    assertThat(failures).isEmpty();
    return watch.current().orElseThrow().instances().stream().map(ServiceInstance::id).toList();
  }

  private static ServiceQuery shop() {
    return ServiceQuery.service("shop");
  }

  @Test
  void healthIsPassingUnlessWorseIsWanted() {
    assertThat(found(shop())).containsExactly("pass");
    assertThat(found(shop().worst(HealthStatus.WARNING))).containsExactly("pass", "warn");
    assertThat(found(shop().worst(HealthStatus.CRITICAL))).containsExactly("crit", "pass", "warn");
  }

  @Test
  void allTagsMustBeThereExactlySo() {
    ServiceQuery any = shop().worst(HealthStatus.CRITICAL);
    assertThat(found(any.tag("blue"))).containsExactly("pass", "warn");
    assertThat(found(any.tag("blue").tag("java"))).containsExactly("pass");
    assertThat(found(any.tag("green").tag("java"))).isEmpty();
    assertThat(found(any.tag("Blue"))).isEmpty();
    assertThat(found(any.tag(HOSTILE))).containsExactly("warn");
  }

  private List<String> endpoints(ServiceQuery query) {
    Watch watch = discovery.watch(query, snapshot -> {});
    await().until(() -> watch.current().isPresent());
    return watch.current().orElseThrow().instances().stream()
        .map(one -> one.id() + " " + one.address() + " " + one.port())
        .toList();
  }

  @Test
  void anAddressIsTheServicesOwnOrItsNodesAndOfTheNameThatIsWanted() {
    ServiceQuery place = ServiceQuery.service("place");
    assertThat(endpoints(place))
        .containsExactly(
            "dual 198.18.7.8 80", "node 127.0.0.1 80", "plain 198.18.7.7 80", "six 2001:db8::7 80");
    assertThat(endpoints(place.taggedAddress("wan")))
        .containsExactly(
            "dual 203.0.113.8 8443",
            "node 127.0.0.1 80",
            "plain 198.18.7.7 80",
            "six 2001:db8::7 80");
    assertThat(endpoints(place.taggedAddress("lan_ipv6")))
        .contains("dual 2001:db8::8 80", "six 2001:db8::7 80");
  }

  @Test
  void sidecarProxiesAndGatewaysAreLeftOutAndNamedUnlessTheyAreAskedFor() {
    ServiceQuery place = ServiceQuery.service("place");
    assertThat(found(place)).doesNotContain("sidecar", "gateway");
    assertThat(found(place.withProxies())).contains("gateway", "plain", "sidecar");
    Watch watch = discovery.watch(place, snapshot -> {});
    await().until(() -> !watch.leftOut().isEmpty());
    assertThat(watch.leftOut())
        .hasSize(2)
        .anyMatch(why -> why.contains("sidecar") && why.contains("of the kind connect-proxy"))
        .anyMatch(why -> why.contains("gateway") && why.contains("of the kind mesh-gateway"));
  }

  @Test
  void aFilterIsConsulsOwnAndGoesWithTags() {
    ServiceQuery any = shop().worst(HealthStatus.CRITICAL);
    assertThat(found(any.filter("Service.Meta.v == 2"))).containsExactly("crit", "warn");
    assertThat(found(any.filter("Service.Meta.v == 2 or Service.Port == 80").tag("java")))
        .containsExactly("pass");
  }

  @Test
  void aWrongFilterIsToldAndGoesOnBeingTold() {
    Watch watch = discovery.watch(shop().filter("Service.Meta.v =="), snapshot -> {});
    await().until(() -> failures.size() >= 2);
    assertThat(failures.get(0).message()).contains("expression");
    assertThat(watch.stale()).isTrue();
  }

  @Test
  void everyWayToAskFindsTheSameAndIsWokenByAChange() {
    List<Watch> watches =
        List.of(
            discovery.watch(ServiceQuery.service("late"), snapshot -> {}),
            discovery.watch(
                ServiceQuery.service("late").consistency(Consistency.STALE), snapshot -> {}),
            discovery.watch(
                ServiceQuery.service("late").consistency(Consistency.CONSISTENT), snapshot -> {}),
            discovery.watch(ServiceQuery.service("late").viaCache(), snapshot -> {}),
            discovery.watch(ServiceQuery.service("late").near("_agent"), snapshot -> {}),
            discovery.watch(ServiceQuery.service("late").datacenter("dc1"), snapshot -> {}),
            discovery.watch(ServiceQuery.service("late").confirmingEmpty(), snapshot -> {}));
    await().until(() -> watches.stream().allMatch(watch -> watch.current().isPresent()));
    Registration late = discovery.register(ServiceDefinition.named("late").port(80).build());
    await().until(() -> watches.stream().allMatch(watch -> sizeOf(watch) == 1));
    late.leave();
    await().until(() -> watches.stream().allMatch(watch -> sizeOf(watch) == 0));
    assertThat(failures).isEmpty();
  }

  private static int sizeOf(Watch watch) {
    return watch.current().map(now -> now.instances().size()).orElse(-1);
  }

  @Test
  void anUnknownDatacenterIsAFailureAndNotEmpty() {
    Watch watch = discovery.watch(shop().datacenter("nowhere"), snapshot -> {});
    await().until(() -> !failures.isEmpty());
    assertThat(watch.current()).isEmpty();
  }

  @Test
  void aNamespaceIsRefusedInOneLineByAConsulThatHasNone() {
    ConsulOptions options = optionsOf(consul).namespace("team").listener(listener).build();
    try (Discovery scoped = Discovery.connect(options)) {
      Watch watch = scoped.watch(shop(), snapshot -> {});
      await().until(() -> !failures.isEmpty());
      assertThat(failures.get(0).kind()).isEqualTo(ConsulFailure.Kind.REJECTED);
      assertThat(failures.get(0).message())
          .contains("Namespaces are a Consul Enterprise feature")
          .hasLineCount(1);
      assertThat(watch.current()).isEmpty();
    }
  }

  @Test
  void theServicesNamesComeAndGo() {
    List<CatalogServices> seen = new CopyOnWriteArrayList<>();
    Watched<CatalogServices> watch = discovery.watchServices(CatalogQuery.services(), seen::add);
    await().until(() -> watch.current().isPresent());
    assertThat(watch.current().orElseThrow().tags())
        .containsEntry("shop", List.of(HOSTILE, "blue", "green", "java"));

    Registration guest =
        discovery.register(ServiceDefinition.named("guest").port(80).tag("t").build());
    await().until(() -> watch.current().orElseThrow().names().contains("guest"));
    guest.leave();
    await().until(() -> !watch.current().orElseThrow().names().contains("guest"));
    assertThat(seen).hasSizeGreaterThanOrEqualTo(3);
  }
}
