package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.config.ServerOptions;
import dev.rollcall.lb.haproxy.ServerChange.ChangeAddress;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RuntimeCommandTest {

  private static final ServerName WEB_1 = new ServerName("be_web", "web-1");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " show info",
        "show info ",
        "show  info",
        "show info\n",
        "show info;show stat",
        "show info\nshow stat",
        "show info\r",
        "show\tinfo",
        "show info <<",
        "set server be/a\\ b state ready",
        "@1 show info",
        "@!42 show info",
        "show info \u0000",
        "show info é",
        "show \"info\"",
        "show info # all",
      })
  void rejectsLineThatIsMoreThanOneCommand(String line) {
    assertThatThrownBy(() -> RuntimeCommand.silent(line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("not one command: ");
  }

  @Test
  void rejectsLineLongerThanHaproxysBuffer() {
    assertThatThrownBy(() -> RuntimeCommand.silent("show " + "x".repeat(RuntimeCommand.LONGEST)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void emptyReplyIsSuccessWhereExpected() throws RuntimeApiException {
    RuntimeCommand command = RuntimeCommand.silent("enable server be_web/web-1");
    assertThat(command.judge("")).isTrue();
    assertThat(command.judge("\n")).isTrue();
    assertThatThrownBy(() -> command.judge("No such server."))
        .isInstanceOf(RuntimeApiException.class)
        .hasMessage("\"enable server be_web/web-1\" was answered \"No such server.\"");
  }

  @Test
  void emptyReplyToAddServerIsUnexpected() throws RuntimeApiException {
    RuntimeCommand command =
        new ServerChange.AddServer(
                new Definition(
                    WEB_1, ServerAddress.parse("10.0.0.1:80"), ServerOptions.fold(List.of())))
            .commands()
            .get(0);
    assertThatThrownBy(() -> command.judge("")).isInstanceOf(RuntimeApiException.class);
    assertThat(command.judge("New server registered.")).isTrue();
    assertThatThrownBy(() -> command.judge("New server registered.\nAnd more."))
        .isInstanceOf(RuntimeApiException.class);
  }

  @Test
  void deletingBusyServerIsRetried() throws RuntimeApiException {
    RuntimeCommand command = CheckedSession.deletion(WEB_1);
    assertThat(command.judge("Server deleted.")).isTrue();
    assertThat(command.judge("Server still has connections attached to it, cannot remove it."))
        .isFalse();
    assertThatThrownBy(() -> command.judge("No such server."))
        .isInstanceOf(RuntimeApiException.class);
    assertThatThrownBy(() -> command.judge("Only servers in maintenance mode can be deleted."))
        .isInstanceOf(RuntimeApiException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nothing changed",
        "IP changed from '10.0.0.1' to '10.0.0.2' by 'stats socket command'",
        "IP changed from '10.0.0.1' to '10.0.0.2', port changed from '80' to '81' by 'stats socket command'",
        "IP changed from '10.0.0.1' to '10.0.0.2', no need to change the port by 'stats socket command'",
        "no need to change the addr, port changed from '80' to '81' by 'stats socket command'",
        "no need to change the addr, no need to change the port by 'stats socket command'",
        "port changed from '80' to '81' by 'stats socket command'",
      })
  void acceptsSetAddrRepliesOfEachVersion(String reply) throws RuntimeApiException {
    assertThat(moved().judge(reply)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "No such server.", "Invalid addr format.", ", , ", "IP changed"})
  void rejectsOtherSetAddrReplies(String reply) {
    assertThatThrownBy(() -> moved().judge(reply)).isInstanceOf(RuntimeApiException.class);
  }

  private static RuntimeCommand moved() {
    return new ChangeAddress(WEB_1, ServerAddress.parse("10.0.0.2:81")).commands().get(0);
  }
}
