package dev.rollcall.lb.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the guard remembers from one look at the catalog to the next. */
class GuardTest {
  private static final Duration GRACE = Duration.ofSeconds(30);
  private static final Set<String> WEB = Set.of("web");

  private final Guard guard =
      new Guard(
          new GuardRules(
              PerService.all(50),
              PerService.all(GRACE),
              PerService.all(1),
              PerService.all(new GuardPolicy.Hold())),
          Map.of());

  private static CatalogView view(HealthStatus second) {
    List<ServiceInstance> instances =
        List.of(instance("a", HealthStatus.PASSING), instance("b", second), instance("c", second));
    return CatalogView.of(Map.of("web", Pool.registered(instances, HealthStatus.PASSING, 0)));
  }

  private static ServiceInstance instance(String id, HealthStatus status) {
    return new ServiceInstance(
        id, "web", "node", "198.18.0.1", id.charAt(0), List.of(), Map.of(), 1, status, "dc1");
  }

  @Test
  void whatIsSeenAgainIsNotJudgedAgain() {
    CatalogView seen = view(HealthStatus.PASSING);
    CatalogView accepted = guard.accept(seen, WEB, Set.of(), Duration.ZERO);
    assertThat(guard.accept(seen, Set.of("web"), Set.of(), Duration.ofHours(1))).isSameAs(accepted);
  }

  @Test
  void whatIsHeldIsLetGoInTimeThoughNothingElseIsSeen() {
    guard.accept(view(HealthStatus.PASSING), WEB, Set.of(), Duration.ZERO);
    CatalogView seen = view(HealthStatus.CRITICAL);
    assertThat(served(guard.accept(seen, WEB, Set.of(), Duration.ZERO))).isEqualTo(3);
    assertThat(served(guard.accept(seen, WEB, Set.of(), GRACE.minusMillis(1)))).isEqualTo(3);
    assertThat(served(guard.accept(seen, WEB, Set.of(), GRACE))).isEqualTo(1);
    assertThat(served(guard.accept(seen, WEB, Set.of(), GRACE.plusMillis(1)))).isEqualTo(1);
  }

  @Test
  void anotherTemplateIsJudgedByItsOwnServices() {
    CatalogView seen = view(HealthStatus.PASSING);
    guard.accept(seen, WEB, Set.of(), Duration.ZERO);
    assertThat(guard.accept(seen, Set.of("web", "shop"), Set.of(), Duration.ZERO).pools())
        .containsOnlyKeys("web", "shop");
  }

  private static int served(CatalogView view) {
    return view.pools().getOrDefault("web", Pool.unknown()).instances().size();
  }
}
