package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessInfoTest {

  @Test
  void readsShowInfo() throws RuntimeApiException {
    assertThat(ProcessInfo.parse(HaproxyReplies.info("3.0.11-1+deb13u3", 0)))
        .isEqualTo(
            new ProcessInfo(HaproxyVersion.parse("3.0.11"), 8, Duration.ofSeconds(25), false));
  }

  @Test
  void recognizesStoppingWorker() throws RuntimeApiException {
    assertThat(ProcessInfo.parse(HaproxyReplies.info("3.0.11", 1)).stopping()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Permission denied",
        "Version: 3.0.11\n",
        "Version: 3.0.11\nPid: x\nUptime_sec: 1\nStopping: 0\n",
        "Version: three\nPid: 8\nUptime_sec: 1\nStopping: 0\n",
      })
  void rejectsOtherReplies(String answer) {
    assertThatThrownBy(() -> ProcessInfo.parse(answer))
        .isInstanceOf(RuntimeApiException.class)
        .hasMessageStartingWith("\"show info\" ");
  }
}
