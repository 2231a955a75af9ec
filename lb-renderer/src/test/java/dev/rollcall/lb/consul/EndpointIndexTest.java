package dev.rollcall.lb.consul;

import static dev.rollcall.lb.TestInstances.inHealth;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Who has the endpoint of an instance that is missing. */
class EndpointIndexTest {
  private static final Duration GRACE = Duration.ofSeconds(30);

  private final EndpointIndex index = new EndpointIndex(CatalogSnapshot.EMPTY);
  private Duration now = Duration.ofHours(1);

  private static ServiceInstance at(String service, String id) {
    return inHealth(service, id, "198.18.0.1", HealthStatus.PASSING);
  }

  private void see(List<ServiceInstance> web, List<ServiceInstance> shop) {
    index.update(
        CatalogSnapshot.of(
            Map.of(
                "web",
                Pool.fromConsul(web, HealthStatus.PASSING, 0),
                "shop",
                Pool.fromConsul(shop, HealthStatus.PASSING, 0))),
        true,
        now);
  }

  private boolean taken(ServiceInstance missing, Duration since) {
    return index.isTakenOver(
        "web", new RetainedInstance(missing, RetainedInstance.Cause.FAILING, since), GRACE);
  }

  private void pass(Duration length) {
    now = now.plus(length);
  }

  @ParameterizedTest
  @EnumSource(HealthStatus.class)
  void instanceOfAnotherServiceTakesEndpointOverInAnyHealth(HealthStatus status) {
    see(List.of(at("web", "a")), List.of());
    see(List.of(), List.of(inHealth("shop", "s", "198.18.0.1", status)));
    assertThat(taken(at("web", "a"), now)).isTrue();
  }

  @Test
  void instanceOfTheSameServiceOrElsewhereTakesNothingOver() {
    see(List.of(), List.of());
    see(
        List.of(at("web", "b")),
        List.of(inHealth("shop", "s", "198.18.0.2", HealthStatus.PASSING)));
    assertThat(taken(at("web", "a"), now)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "2001:db8::1, 2001:DB8:0:0:0:0:0:1",
    "198.18.0.1, ::ffff:198.18.0.1",
    "::ffff:c612:1, 198.18.0.1",
    "Web.Example, web.example",
  })
  void twoSpellingsOfAnAddressAreOneEndpoint(String one, String other) {
    see(List.of(), List.of());
    see(List.of(), List.of(inHealth("shop", "s", other, HealthStatus.PASSING)));
    assertThat(taken(inHealth("web", "a", one, HealthStatus.PASSING), now)).isTrue();
  }

  @Test
  void endpointMayBeTakenOverBeforeTheHeartbeatLapses() {
    see(List.of(at("web", "a")), List.of());
    pass(Duration.ofMinutes(5));
    see(List.of(at("web", "a")), List.of(at("shop", "s")));
    pass(Duration.ofSeconds(15));
    see(List.of(), List.of(at("shop", "s")));
    assertThat(taken(at("web", "a"), now)).isTrue();
  }

  @Test
  void processWithTwoServicesDoesNotTakeOverItsOwnEndpoint() {
    see(List.of(), List.of());
    see(List.of(at("web", "a")), List.of(at("shop", "s")));
    pass(GRACE);
    assertThat(taken(at("web", "a"), now)).isFalse();
    see(List.of(), List.of());
    Duration lost = now;
    pass(Duration.ofSeconds(3));
    see(List.of(), List.of(at("shop", "s")));
    assertThat(taken(at("web", "a"), lost)).as("it registers again").isFalse();
    see(List.of(), List.of(at("shop", "t")));
    assertThat(taken(at("web", "a"), lost)).as("that is another one").isTrue();
  }

  @Test
  void instanceListedAtTheStartMayHaveBeenThereForLong() {
    see(List.of(at("web", "a")), List.of(at("shop", "s")));
    assertThat(taken(at("web", "a"), now)).isFalse();
  }

  @Test
  void deregisteredInstanceTakesNothingOver() {
    see(List.of(), List.of());
    see(List.of(), List.of(at("shop", "s")));
    see(List.of(), List.of());
    assertThat(taken(at("web", "a"), now)).isFalse();
  }
}
