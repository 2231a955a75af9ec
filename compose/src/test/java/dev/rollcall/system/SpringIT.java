package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code compose/spring.yml}: a Spring Boot application with the starter, beside web nodes. */
@ExtendWith(StackExtension.class)
class SpringIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @BeforeAll
  static void build() {
    Command.of("docker", "buildx", "build", "--load")
        .and("-t", "rollcall/spring-starter:" + Stack.builtTag())
        .and("--label", "dev.rollcall.part=spring-starter")
        .and("--build-arg", "JRE_IMAGE=" + javaImage(), "compose/spring")
        .run()
        .orFail();
  }

  private static String javaImage() {
    return Objects.requireNonNull(System.getProperty("rollcall.image.jre"))
        .replaceFirst("^docker://", "");
  }

  @AfterAll
  static void remove(Stack stack) {
    new OtherService(stack, "spring").remove();
  }

  @Test
  void losesNoRequestWhenConsulLosesItsDataAndWhenEveryInstanceIsReplaced(Stack stack)
      throws Exception {
    OtherService spring = new OtherService(stack, "spring");
    stack.up(1);
    spring.scale(2);
    spring.awaitAnswers(3);
    List<String> old = spring.containers();
    assertThat(stack.log(old.get(0)))
        .contains("is registered and passing")
        .doesNotContain(" WARN ");

    try (SteadyClients load = SteadyClients.on(stack.site())) {
      stack.compose("restart", "-t", "5", "consul").run().orFail();
      await().atMost(SOON).until(() -> passing(stack) == 3);
      spring.awaitAnswers(3);

      spring.scale(4);
      spring.awaitAnswers(5);
      for (String container : old) {
        stack.command("docker", "stop", "--time", "60", container).run().orFail();
      }
      spring.awaitAnswers(3);
      load.assertNoneFailed();
    }
    assertThat(stack.inspectId(old.get(0), "{{.State.ExitCode}}")).isEqualTo("143");
    assertThat(stack.log(old.get(0))).contains("has left", "Graceful shutdown complete");
  }

  /** Also while Consul does not answer. */
  private static int passing(Stack stack) {
    try {
      return stack.passingInstances().size();
    } catch (IOException e) {
      return 0;
    }
  }
}
