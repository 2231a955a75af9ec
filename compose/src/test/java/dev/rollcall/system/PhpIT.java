package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code compose/php.yml}: Apache and PHP, run by the launcher, beside web nodes. */
@ExtendWith(StackExtension.class)
class PhpIT {
  private static final Duration SOON = Duration.ofSeconds(90);

  @BeforeAll
  static void build() {
    LauncherImages.build("php", "compose/php");
  }

  @AfterAll
  static void remove(Stack stack) {
    php(stack, "rm", "--stop", "--force", "php").run().orFail();
  }

  @Test
  void scalesFromOneToFiveAndBackInThePoolOfWebNodesWithoutAFailedRequest(Stack stack)
      throws Exception {
    stack.up(2);
    scale(stack, 1);
    awaitAnswers(stack, 3);

    try (SteadyClients load = SteadyClients.on(stack.site())) {
      scale(stack, 5);
      awaitAnswers(stack, 7);
      scale(stack, 1);
      awaitAnswers(stack, 3);
      load.assertNoneFailed();
    }
  }

  @Test
  void leavesConsulAndEndsWithZeroWhenItIsStopped(Stack stack) throws Exception {
    stack.up(2);
    scale(stack, 1);
    awaitAnswers(stack, 3);
    String container = php(stack, "ps", "-q", "php").output();

    stack.command("docker", "stop", "--time", "60", container).run().orFail();

    assertThat(stack.inspectId(container, "{{.State.ExitCode}}")).isEqualTo("0");
    assertThat(stack.passingInstances()).hasSize(2);
    assertThat(stack.log(container))
        .contains("has left", "caught SIGWINCH, shutting down gracefully");
  }

  private static Command php(Stack stack, String... words) {
    return stack.compose("-f", "compose/php.yml").and(words);
  }

  private static void scale(Stack stack, int containers) {
    php(stack, "up", "-d", "--no-deps", "--no-recreate", "--scale", "php=" + containers, "php")
        .run()
        .orFail();
  }

  /** Exactly the web nodes and the containers of php answer. */
  private static void awaitAnswers(Stack stack, int all) {
    Set<String> names = new TreeSet<>(stack.hostNames());
    for (String id : php(stack, "ps", "-q", "php").run().orFail().lines()) {
      names.add(id.substring(0, 12));
    }
    assertThat(names).hasSize(all);
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(stack.site().names(3 * all)).isEqualTo(names));
  }
}
