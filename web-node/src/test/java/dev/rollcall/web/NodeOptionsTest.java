package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeOptionsTest {

  @Test
  void hasDefaults() {
    assertThat(NodeOptions.parse(Map.of()))
        .isEqualTo(
            new NodeOptions(
                8080, "web", List.of(), Duration.ofSeconds(2), Duration.ofSeconds(10), false));
  }

  @Test
  void readsEveryVariable() {
    Map<String, String> environment =
        Map.of(
            "PORT", "0",
            "SERVICE_NAME", "shop",
            "SERVICE_TAGS", " java, ,eu , java",
            "DRAIN_QUIET", "500ms",
            "DRAIN_LIMIT", "1m",
            "TRIAL", "on");

    assertThat(NodeOptions.parse(environment))
        .isEqualTo(
            new NodeOptions(
                0,
                "shop",
                List.of("java", "eu"),
                Duration.ofMillis(500),
                Duration.ofMinutes(1),
                true));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PORT", "SERVICE_NAME", "DRAIN_QUIET", "DRAIN_LIMIT", "TRIAL"})
  void takesTheDefaultForABlankVariable(String name) {
    assertThat(NodeOptions.parse(Map.of(name, "  "))).isEqualTo(NodeOptions.parse(Map.of()));
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "00080, 80", "65535, 65535", "' 8081 ', 8081"})
  void readsPorts(String text, int port) {
    assertThat(NodeOptions.parse(Map.of("PORT", text)).port()).isEqualTo(port);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http", "-1", "+1", "65536", "99999999999", "80 80", "8080\nx", "٨٠", "0x50"})
  void refusesABadPort(String text) {
    refuses("PORT", text);
  }

  @ParameterizedTest
  @CsvSource({"0s, 0", "0ms, 0", "1ms, 1", "2s, 2000", "10s, 10000"})
  void readsDurations(String text, long milliseconds) {
    assertThat(NodeOptions.parse(Map.of("DRAIN_QUIET", text)).drainQuiet()).hasMillis(milliseconds);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2",
        "s",
        "-2s",
        "2 s",
        "2S",
        "1.5s",
        "1h",
        "11m",
        "601s",
        "9999999999999s",
        "PT2S"
      })
  void refusesABadDuration(String text) {
    refuses("DRAIN_LIMIT", text);
    refuses("DRAIN_QUIET", text);
  }

  @Test
  void refusesAQuietPeriodThatTheLimitNeverGrants() {
    assertThatThrownBy(
            () -> NodeOptions.parse(Map.of("DRAIN_QUIET", "1500ms", "DRAIN_LIMIT", "1s")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "DRAIN_QUIET is \"1500ms\" but must be: no longer than DRAIN_LIMIT");
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "ON", "true", "on off"})
  void refusesABadSwitch(String text) {
    refuses("TRIAL", text);
  }

  @Test
  void keepsTheComplaintShort() {
    assertThatThrownBy(() -> NodeOptions.parse(Map.of("PORT", "9".repeat(100_000))))
        .hasMessageMatching("PORT is \"9{80}…\" but must be: .*");
  }

  private static void refuses(String name, String value) {
    assertThatThrownBy(() -> NodeOptions.parse(Map.of(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(name + " is \"")
        .hasMessageContaining(" but must be: ")
        .hasMessageNotContainingAny("\n", "\r");
  }
}
