package dev.rollcall.discovery.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.mock.env.MockEnvironment;

class IgnoredPathsTest {

  private final MockEnvironment environment = new MockEnvironment();

  @Test
  void thoseOfActuatorAreIgnoredByDefault() {
    IgnoredPaths ignored = IgnoredPaths.of(null, environment);
    assertThat(List.of("/actuator", "/actuator/health", "/livez", "/readyz")).allMatch(ignored);
    assertThat(List.of("/", "/orders", "/actuators", "/livezz")).noneMatch(ignored);
  }

  @Test
  void theBasePathOfActuatorCounts() {
    environment.setProperty("management.endpoints.web.base-path", "/manage");
    IgnoredPaths ignored = IgnoredPaths.of(null, environment);
    assertThat(ignored.test("/manage/health")).isTrue();
    assertThat(ignored.test("/actuator/health")).isFalse();
  }

  @Test
  void anActuatorAtTheRootHidesNoRequestOfUsers() {
    environment.setProperty("management.endpoints.web.base-path", "/");
    assertThat(IgnoredPaths.of(null, environment).test("/orders")).isFalse();
  }

  @Test
  void thePropertyReplacesThem() {
    IgnoredPaths ignored = IgnoredPaths.of(List.of("/ping"), environment);
    assertThat(ignored.test("/ping")).isTrue();
    assertThat(ignored.test("/actuator/health")).isFalse();
  }
}
