package dev.rollcall.lb.consul;

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

/** What the guard remembers from one look at the catalog to the next. */
class SelfPreservationTest {
  private static final Duration GRACE = Duration.ofSeconds(30);
  private static final Set<String> WEB = Set.of("web");

  private final SelfPreservation guard =
      new SelfPreservation(
          new SelfPreservationRules(
              PerService.all(50),
              PerService.all(GRACE),
              PerService.all(1),
              PerService.all(new UndersizedPoolPolicy.Hold())),
          Map.of());

  private static CatalogSnapshot view(HealthStatus second) {
    List<ServiceInstance> instances =
        List.of(instance("a", HealthStatus.PASSING), instance("b", second), instance("c", second));
    return CatalogSnapshot.of(Map.of("web", Pool.fromConsul(instances, HealthStatus.PASSING, 0)));
  }

  private static ServiceInstance instance(String id, HealthStatus status) {
    return new ServiceInstance(
        id, "web", "node", "198.18.0.1", id.charAt(0), List.of(), Map.of(), 1, status, "dc1");
  }

  @Test
  void equalSnapshotIsNotDecidedAgain() {
    CatalogSnapshot seen = view(HealthStatus.PASSING);
    CatalogSnapshot accepted = guard.accept(seen, WEB, Set.of(), Duration.ZERO);
    assertThat(guard.accept(seen, Set.of("web"), Set.of(), Duration.ofHours(1))).isSameAs(accepted);
  }

  @Test
  void retainedInstanceIsReleasedAfterGraceTimeWithoutNewSnapshot() {
    guard.accept(view(HealthStatus.PASSING), WEB, Set.of(), Duration.ZERO);
    CatalogSnapshot seen = view(HealthStatus.CRITICAL);
    assertThat(served(guard.accept(seen, WEB, Set.of(), Duration.ZERO))).isEqualTo(3);
    assertThat(served(guard.accept(seen, WEB, Set.of(), GRACE.minusMillis(1)))).isEqualTo(3);
    assertThat(served(guard.accept(seen, WEB, Set.of(), GRACE))).isEqualTo(1);
    assertThat(served(guard.accept(seen, WEB, Set.of(), GRACE.plusMillis(1)))).isEqualTo(1);
  }

  @Test
  void otherTemplateIsDecidedByItsOwnServices() {
    CatalogSnapshot seen = view(HealthStatus.PASSING);
    guard.accept(seen, WEB, Set.of(), Duration.ZERO);
    assertThat(guard.accept(seen, Set.of("web", "shop"), Set.of(), Duration.ZERO).pools())
        .containsOnlyKeys("web", "shop");
  }

  private static int served(CatalogSnapshot view) {
    return view.pools().getOrDefault("web", Pool.unknown()).instances().size();
  }
}
