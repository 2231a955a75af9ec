package dev.rollcall.lb.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.lb.runtime.CliCommand.Verdict;
import dev.rollcall.lb.runtime.ServerStep.ChangeAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CliCommandTest {

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
  void isOneCommandOrNone(String line) {
    assertThatThrownBy(() -> CliCommand.silent(line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("not one command: ");
  }

  @Test
  void isNotLongerThanHaproxysBuffer() {
    assertThatThrownBy(() -> CliCommand.silent("show " + "x".repeat(CliCommand.LONGEST)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void silenceIsSuccessWhereItIsExpected() {
    CliCommand command = CliCommand.silent("enable server be_web/web-1");
    assertThat(command.judge("")).isInstanceOf(Verdict.Done.class);
    assertThat(command.judge("\n")).isInstanceOf(Verdict.Done.class);
    assertThat(command.judge("No such server."))
        .isEqualTo(new Verdict.Unexpected("enable server be_web/web-1", "No such server."));
  }

  @Test
  void silenceIsNoAnswerToAnAddition() {
    CliCommand command =
        ServerCommands.of(
                new ServerStep.AddServer(
                    new PoolServer(WEB_1, ServerAddress.parse("10.0.0.1:80"), ServerOptions.NONE)))
            .get(0);
    assertThat(command.judge("")).isInstanceOf(Verdict.Unexpected.class);
    assertThat(command.judge("New server registered.")).isInstanceOf(Verdict.Done.class);
    assertThat(command.judge("New server registered.\nAnd more."))
        .isInstanceOf(Verdict.Unexpected.class);
  }

  @Test
  void aBusyServerIsDeletedLater() {
    CliCommand command = ServerCommands.delete(WEB_1);
    assertThat(command.judge("Server deleted.")).isInstanceOf(Verdict.Done.class);
    assertThat(command.judge("Server still has connections attached to it, cannot remove it."))
        .isInstanceOf(Verdict.NotYet.class);
    assertThat(command.judge("No such server.")).isInstanceOf(Verdict.Unexpected.class);
    assertThat(command.judge("Only servers in maintenance mode can be deleted."))
        .isInstanceOf(Verdict.Unexpected.class);
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
  void knowsTheAnswersOfEachVersionToANewAddress(String reply) {
    assertThat(moved().judge(reply)).isInstanceOf(Verdict.Done.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "No such server.", "Invalid addr format.", ", , ", "IP changed"})
  void takesNoOtherAnswerToANewAddress(String reply) {
    assertThat(moved().judge(reply)).isInstanceOf(Verdict.Unexpected.class);
  }

  private static CliCommand moved() {
    return ServerCommands.of(new ChangeAddress(WEB_1, ServerAddress.parse("10.0.0.2:81"))).get(0);
  }
}
