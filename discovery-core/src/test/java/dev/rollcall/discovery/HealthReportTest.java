package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HealthReportTest {

  @ParameterizedTest
  @EnumSource(
      value = HealthStatus.class,
      names = {"UNCHECKED", "MAINTENANCE"})
  void aServiceReportsNothingThatIsNotItsToSay(HealthStatus status) {
    assertThatThrownBy(() -> new HealthReport(status, ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a service reports that it is PASSING, WARNING or CRITICAL, not " + status);
  }

  @Test
  void aReportThatPassesHasNoOutput() {
    assertThat(new HealthReport(HealthStatus.PASSING, "since 12:00"))
        .isEqualTo(HealthReport.passing());
  }

  @Test
  void aLongOutputIsCut() {
    assertThat(HealthReport.critical("x".repeat(5000)).output()).hasSize(1000);
  }
}
