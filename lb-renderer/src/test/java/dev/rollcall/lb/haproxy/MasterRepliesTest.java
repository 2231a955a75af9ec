package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read out of the other answers. */
class MasterRepliesTest {

  @Test
  void readsSuccessfulReload() {
    assertThat(ReloadReply.parse("Success=1\n--\n[NOTICE]   (1) : Loading success.\n\n"))
        .isEqualTo(new ReloadReply(ReloadReply.Kind.SUCCESS, "[NOTICE]   (1) : Loading success."));
  }

  @Test
  void readsRefusedReload() {
    ReloadReply answer =
        ReloadReply.parse("Success=0\n--\n[ALERT]    (1) : config : unknown keyword 'bogus'\n\n");

    assertThat(answer.kind()).isEqualTo(ReloadReply.Kind.FAILURE);
    assertThat(answer.message()).contains("unknown keyword 'bogus'");
  }

  @ParameterizedTest
  @CsvSource({
    "'',SILENCE",
    "'\n',SILENCE",
    "Success=1,SUCCESS",
    "Success=0,FAILURE",
    "Success=10,NOT_UNDERSTOOD",
    "Permission denied,NOT_UNDERSTOOD",
    "Unknown command: 'reload',NOT_UNDERSTOOD"
  })
  void classifiesReloadReplies(String answer, ReloadReply.Kind kind) {
    assertThat(ReloadReply.parse(answer).kind()).isEqualTo(kind);
  }

  @Test
  void workerWithListenersServes() {
    Optional<WorkerInfo> info =
        WorkerInfo.parse("Name: HAProxy\nPid: 12\nStopping: 0\nListeners: 3\nVersion: 3.0.11\n");

    assertThat(info).contains(new WorkerInfo(12, 3, false));
    assertThat(info.map(WorkerInfo::serves)).contains(true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Pid: 12\nStopping: 1\nListeners: 3\n", "Pid: 12\nStopping: 0\nListeners: 0\n"})
  void stoppingWorkerOrOneWithoutListenersDoesNotServe(String answer) {
    assertThat(WorkerInfo.parse(answer).map(WorkerInfo::serves)).contains(false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Pid: 12\n", "Listeners: 3\n", "Pid: x\nListeners: 3\n", "Unknown command\n"})
  void rejectsRepliesThatAreNotShowInfo(String answer) {
    assertThat(WorkerInfo.parse(answer)).isEmpty();
  }
}
