package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.haproxy.MasterCli.ReloadReply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReloadReplyTest {

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
}
