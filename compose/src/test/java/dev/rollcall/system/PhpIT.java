package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code compose/php.yml}: Apache and PHP, run by the launcher, beside web nodes. */
@ExtendWith(StackExtension.class)
class PhpIT {
  @BeforeAll
  static void build() {
    LauncherImages.build("php", "compose/php");
  }

  @AfterAll
  static void remove(Stack stack) {
    php(stack).remove();
  }

  @Test
  void scalesFromOneToFiveAndBackInThePoolOfWebNodesWithoutAFailedRequest(Stack stack)
      throws Exception {
    OtherService php = php(stack);
    stack.up(2);
    php.scale(1);
    php.awaitAnswers(3);

    try (SteadyClients load = SteadyClients.on(stack.site())) {
      php.scale(5);
      php.awaitAnswers(7);
      php.scale(1);
      php.awaitAnswers(3);
      load.assertNoneFailed();
    }
  }

  @Test
  void leavesConsulAndEndsWithZeroWhenItIsStopped(Stack stack) throws Exception {
    OtherService php = php(stack);
    stack.up(2);
    php.scale(1);
    php.awaitAnswers(3);
    String container = php.containers().get(0);

    stack.command("docker", "stop", "--time", "60", container).run().orFail();

    assertThat(stack.inspectId(container, "{{.State.ExitCode}}")).isEqualTo("0");
    assertThat(stack.passingInstances()).hasSize(2);
    assertThat(stack.log(container))
        .contains("has left", "caught SIGWINCH, shutting down gracefully");
  }

  private static OtherService php(Stack stack) {
    return new OtherService(stack, "php");
  }
}
