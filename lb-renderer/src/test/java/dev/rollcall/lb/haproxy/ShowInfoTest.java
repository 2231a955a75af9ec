package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShowInfoTest {

  @Test
  void readsShowInfo() throws RuntimeApiException {
    ShowInfo info = ShowInfo.parse(HaproxyReplies.info("3.0.11-1+deb13u3", 0));
    assertThat(info.version()).isEqualTo(HaproxyVersion.parse("3.0.11"));
    assertThat(info.pid()).isEqualTo(8);
    assertThat(info.stopping()).isFalse();
  }

  @Test
  void recognizesStoppingWorker() throws RuntimeApiException {
    assertThat(ShowInfo.parse(HaproxyReplies.info("3.0.11", 1)).stopping()).isTrue();
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
  void rejectsOtherReplies(String reply) {
    ShowInfo info = ShowInfo.parse(reply);
    assertThatThrownBy(
            () -> assertThat(info.version() + " " + info.pid() + info.stopping()).isNotEmpty())
        .isInstanceOf(RuntimeApiException.class)
        .hasMessageStartingWith("\"show info\" ");
  }

  @Test
  void workerWithListenersServes() throws RuntimeApiException {
    ShowInfo info =
        ShowInfo.parse("Name: HAProxy\nPid: 12\nStopping: 0\nListeners: 3\nVersion: 3.0.11\n");

    assertThat(info.pid()).isEqualTo(12);
    assertThat(info.serves()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Pid: 12\nStopping: 1\nListeners: 3\n", "Pid: 12\nStopping: 0\nListeners: 0\n"})
  void stoppingWorkerOrOneWithoutListenersDoesNotServe(String reply) throws RuntimeApiException {
    assertThat(ShowInfo.parse(reply).serves()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Pid: 12\n", "Listeners: 3\n", "Pid: x\nListeners: 3\n", "Unknown command\n"})
  void whetherAWorkerServesIsNotGuessed(String reply) {
    ShowInfo info = ShowInfo.parse(reply);
    assertThatThrownBy(() -> assertThat(info.serves()).as("pid %s", info.pid()).isTrue())
        .isInstanceOf(RuntimeApiException.class);
  }
}
