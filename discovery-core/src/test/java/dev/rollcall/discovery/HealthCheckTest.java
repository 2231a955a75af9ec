package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HealthCheckTest {

  @ParameterizedTest
  @ValueSource(strings = {"", "health", "/a b", "/a\nb", "ftp://h/", "http:///x", "mailto:x"})
  void anHttpCheckAsksForAPathOrAUrl(String target) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HealthCheck.http(target))
        .withMessageContaining("/health");
  }

  @Test
  void aPasswordInAUrlIsRefusedAndNotRepeated() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HealthCheck.http("http://user:hunter2@host/"))
        .withMessageNotContaining("hunter2");
  }

  @Test
  void aHeadersValueIsCheckedAndNotRepeated() {
    HealthCheck.Http http = HealthCheck.http("/");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> http.header("X", "hunter2\r\nEvil: 1"))
        .withMessageNotContaining("hunter2");
    assertThatIllegalArgumentException().isThrownBy(() -> http.header("X Y", "v"));
    assertThatIllegalArgumentException().isThrownBy(() -> http.method("GET /"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "host", "host:", ":80", "host:0", "a b:80", "2001:db8::1:80", "h:80/x"})
  void aTcpCheckConnectsToAHostAndPort(String target) {
    assertThatIllegalArgumentException().isThrownBy(() -> HealthCheck.tcp(target));
    assertThatIllegalArgumentException().isThrownBy(() -> HealthCheck.grpc().target(target));
  }

  @Test
  void aSchemeDecidesOverTls() {
    assertThat(HealthCheck.http("https://h/").tls()).isTrue();
    assertThat(HealthCheck.https("http://h/").tls()).isFalse();
    assertThat(HealthCheck.https("/").tls()).isTrue();
  }

  @Test
  void aScheduleHasBounds() {
    CheckSchedule schedule = CheckSchedule.every(Duration.ofSeconds(10));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CheckSchedule.every(Duration.ofMillis(999)));
    assertThatIllegalArgumentException().isThrownBy(() -> schedule.timeout(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> schedule.thresholds(0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> schedule.thresholds(1, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> schedule.deregisterAfter(Duration.ofSeconds(59)));
  }

  @Test
  void aServiceHasOneHeartbeatAtMostAndOneCheckAtLeast() {
    ServiceDefinition.Builder web = ServiceDefinition.named("web").port(80);
    HealthCheck ttl = HealthCheck.ttl(Duration.ofSeconds(5));
    assertThatIllegalArgumentException().isThrownBy(() -> web.checks(List.of()));
    assertThatIllegalArgumentException().isThrownBy(() -> web.checks(List.of(ttl, ttl)));
    assertThat(web.check(HealthCheck.tcp()).build().heartbeat()).isEmpty();
    assertThat(web.checks(List.of(HealthCheck.tcp(), ttl)).build().heartbeat())
        .contains(HealthCheck.ttl(Duration.ofSeconds(5)));
  }

  @Test
  void aChangedCopyOfADefinitionKeepsTheRest() {
    ServiceDefinition web =
        ServiceDefinition.named("web")
            .id("w")
            .address("h")
            .port(80)
            .tag("a")
            .meta("k", "v")
            .build();
    ServiceDefinition other = web.weights(5, 0).tags(List.of("b", "c"));
    assertThat(other.tags()).containsExactly("b", "c");
    assertThat(other.weight()).isEqualTo(5);
    assertThat(other.warningWeight()).isZero();
    assertThat(other)
        .usingRecursiveComparison()
        .ignoringFields("values.tags", "values.weight", "values.warningWeight")
        .isEqualTo(web);
    assertThatIllegalArgumentException().isThrownBy(() -> web.weights(0, 1));
  }
}
