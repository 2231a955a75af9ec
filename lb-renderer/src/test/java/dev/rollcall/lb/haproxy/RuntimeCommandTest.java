package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.config.ServerOptions;
import dev.rollcall.lb.haproxy.RuntimeCommand.Outcome;
import dev.rollcall.lb.haproxy.ServerChange.ChangeAddress;
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
  void emptyReplyIsSuccessWhereExpected() {
    RuntimeCommand command = RuntimeCommand.silent("enable server be_web/web-1");
    assertThat(command.judge("")).isInstanceOf(Outcome.Done.class);
    assertThat(command.judge("\n")).isInstanceOf(Outcome.Done.class);
    assertThat(command.judge("No such server."))
        .isEqualTo(new Outcome.Unexpected("enable server be_web/web-1", "No such server."));
  }

  @Test
  void emptyReplyToAddServerIsUnexpected() {
    RuntimeCommand command =
        ServerCommands.of(
                new ServerChange.AddServer(
                    new ServerDefinition(
                        WEB_1, ServerAddress.parse("10.0.0.1:80"), ServerOptions.NONE)))
            .get(0);
    assertThat(command.judge("")).isInstanceOf(Outcome.Unexpected.class);
    assertThat(command.judge("New server registered.")).isInstanceOf(Outcome.Done.class);
    assertThat(command.judge("New server registered.\nAnd more."))
        .isInstanceOf(Outcome.Unexpected.class);
  }

  @Test
  void deletingBusyServerIsRetried() {
    RuntimeCommand command = ServerCommands.delete(WEB_1);
    assertThat(command.judge("Server deleted.")).isInstanceOf(Outcome.Done.class);
    assertThat(command.judge("Server still has connections attached to it, cannot remove it."))
        .isInstanceOf(Outcome.Retry.class);
    assertThat(command.judge("No such server.")).isInstanceOf(Outcome.Unexpected.class);
    assertThat(command.judge("Only servers in maintenance mode can be deleted."))
        .isInstanceOf(Outcome.Unexpected.class);
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
  void acceptsSetAddrRepliesOfEachVersion(String reply) {
    assertThat(moved().judge(reply)).isInstanceOf(Outcome.Done.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "No such server.", "Invalid addr format.", ", , ", "IP changed"})
  void rejectsOtherSetAddrReplies(String reply) {
    assertThat(moved().judge(reply)).isInstanceOf(Outcome.Unexpected.class);
  }

  private static RuntimeCommand moved() {
    return ServerCommands.of(new ChangeAddress(WEB_1, ServerAddress.parse("10.0.0.2:81"))).get(0);
  }
}
