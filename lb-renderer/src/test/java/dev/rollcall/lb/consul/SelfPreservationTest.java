package dev.rollcall.lb.consul;

import static dev.rollcall.lb.TestInstances.inHealth;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.SelfPreservationRules.PerService;
import dev.rollcall.lb.consul.SelfPreservationRules.UndersizedPoolPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is kept from one snapshot to the next. */
class SelfPreservationTest {
  private static final Duration GRACE = Duration.ofSeconds(30);
  private static final Set<String> WEB = Set.of("web");

  private final SelfPreservation preservation =
      new SelfPreservation(
          new SelfPreservationRules(
              PerService.all(50),
              PerService.all(GRACE),
              PerService.all(1),
              PerService.all(new UndersizedPoolPolicy.Hold())),
          Map.of());

  private static CatalogSnapshot snapshot(HealthStatus second) {
    List<ServiceInstance> instances =
        List.of(instance("a", HealthStatus.PASSING), instance("b", second), instance("c", second));
    return CatalogSnapshot.of(Map.of("web", Pool.fromConsul(instances, HealthStatus.PASSING, 0)));
  }

  private static ServiceInstance instance(String id, HealthStatus status) {
    return inHealth("web", id, "198.18.0." + (int) id.charAt(0), status);
  }

  @Test
  void equalSnapshotIsNotDecidedAgain() {
    CatalogSnapshot seen = snapshot(HealthStatus.PASSING);
    CatalogSnapshot accepted = preservation.accept(seen, WEB, Set.of(), Duration.ZERO);
    assertThat(preservation.accept(seen, Set.of("web"), Set.of(), Duration.ofHours(1)))
        .isSameAs(accepted);
  }

  @Test
  void retainedInstanceIsReleasedAfterGraceTimeWithoutNewSnapshot() {
    preservation.accept(snapshot(HealthStatus.PASSING), WEB, Set.of(), Duration.ZERO);
    CatalogSnapshot seen = snapshot(HealthStatus.CRITICAL);
    assertThat(served(preservation.accept(seen, WEB, Set.of(), Duration.ZERO))).isEqualTo(3);
    assertThat(served(preservation.accept(seen, WEB, Set.of(), GRACE.minusMillis(1)))).isEqualTo(3);
    assertThat(served(preservation.accept(seen, WEB, Set.of(), GRACE))).isEqualTo(1);
    assertThat(served(preservation.accept(seen, WEB, Set.of(), GRACE.plusMillis(1)))).isEqualTo(1);
  }

  @Test
  void otherTemplateIsDecidedByItsOwnServices() {
    CatalogSnapshot seen = snapshot(HealthStatus.PASSING);
    preservation.accept(seen, WEB, Set.of(), Duration.ZERO);
    assertThat(preservation.accept(seen, Set.of("web", "shop"), Set.of(), Duration.ZERO).pools())
        .containsOnlyKeys("web", "shop");
  }

  private static Pool passing(String... ids) {
    return Pool.of(
        java.util.Arrays.stream(ids).map(id -> instance(id, HealthStatus.PASSING)).toList());
  }

  private static List<String> ids(CatalogSnapshot snapshot) {
    return snapshot.pool("web").instances().stream().map(ServiceInstance::id).toList();
  }

  @Test
  void anUndersizedPoolIsFilledFromItsFallbacksInTheirOrder() {
    SelfPreservationRules rules =
        new SelfPreservationRules(
            PerService.all(100),
            PerService.all(GRACE),
            PerService.all(1),
            PerService.all(new UndersizedPoolPolicy.Fallback(List.of("web@dc2", "web@dc3"))));
    SelfPreservation withFallbacks = new SelfPreservation(rules, Map.of());
    assertThat(rules.servicesToWatch(WEB)).containsExactly("web", "web@dc2", "web@dc3");
    Map<String, Pool> pools =
        new java.util.HashMap<>(
            Map.of("web", passing(), "web@dc2", passing("b"), "web@dc3", passing("c")));
    assertThat(ids(withFallbacks.accept(CatalogSnapshot.of(pools), WEB, Set.of(), Duration.ZERO)))
        .containsExactly("b");
    pools.put("web@dc2", passing());
    // The last of dc2 stays for the grace time, as the last of any pool does.
    assertThat(ids(withFallbacks.accept(CatalogSnapshot.of(pools), WEB, Set.of(), Duration.ZERO)))
        .containsExactly("b");
    assertThat(ids(withFallbacks.accept(CatalogSnapshot.of(pools), WEB, Set.of(), GRACE)))
        .containsExactly("c");
    pools.put("web", passing("a"));
    assertThat(ids(withFallbacks.accept(CatalogSnapshot.of(pools), WEB, Set.of(), GRACE)))
        .containsExactly("a");
  }

  @Test
  void theSameServiceInAnotherPoolTakesNoEndpointOver() {
    Set<String> both = Set.of("web", "web:http");
    preservation.accept(
        CatalogSnapshot.of(Map.of("web", passing("a", "b"), "web:http", passing("a", "b"))),
        both,
        Set.of(),
        Duration.ZERO);
    // New in both pools, and failing in both soon after.
    preservation.accept(
        CatalogSnapshot.of(
            Map.of("web", passing("a", "b", "c"), "web:http", passing("a", "b", "c"))),
        both,
        Set.of(),
        Duration.ofSeconds(1));
    List<ServiceInstance> failed =
        List.of(
            instance("a", HealthStatus.CRITICAL),
            instance("b", HealthStatus.CRITICAL),
            instance("c", HealthStatus.CRITICAL));
    Pool failing = Pool.fromConsul(failed, HealthStatus.PASSING, 0);
    CatalogSnapshot accepted =
        preservation.accept(
            CatalogSnapshot.of(Map.of("web", failing, "web:http", failing)),
            both,
            Set.of(),
            Duration.ofSeconds(2));
    assertThat(ids(accepted)).containsExactly("a", "b", "c");
  }

  private static int served(CatalogSnapshot snapshot) {
    return snapshot.pool("web").instances().size();
  }
}
