package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the README shows a newcomer first. */
@ExtendWith(StackExtension.class)
class ScaleIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void upFiveShowsFiveHostNames(Stack stack) {
    Command.Finished up = stack.up(5);

    assertThat(stack.site().names(50)).hasSize(5).isEqualTo(stack.hostNames());
    assertThat(up.out()).contains(stack.hostNames());
  }

  @Test
  void upTwoLeavesTwoWithoutAFailedRequest(Stack stack) throws Exception {
    stack.up(5);

    try (SteadyClients load = SteadyClients.on(stack.site())) {
      stack.up(2);
      load.assertNoneFailed();
    }

    assertThat(stack.site().names(20)).hasSize(2).isEqualTo(stack.hostNames());
  }

  @Test
  void upAgainScalesWithoutTouchingWhatRuns(Stack stack) {
    stack.up(2);
    List<String> before = stack.containers("web-node");
    String balancer = stack.inspect("haproxy", "{{.Id}} {{.State.StartedAt}}");

    stack.up(4);

    assertThat(stack.containers("web-node")).hasSize(4).containsAll(before);
    assertThat(stack.inspect("haproxy", "{{.Id}} {{.State.StartedAt}}")).isEqualTo(balancer);
    assertThat(stack.site().names(40)).isEqualTo(stack.hostNames());
  }

  @Test
  void aKilledNodesNameStopsAppearing(Stack stack) {
    stack.up(3);
    String victim = stack.containers("web-node").get(0);
    String name = victim.substring(0, 12);

    stack.command("docker", "kill", victim).run().orFail();

    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(stack.site().names(30)).doesNotContain(name));
    Set<String> left = new TreeSet<>(stack.hostNames());
    left.remove(name);
    assertThat(stack.site().names(30)).isEqualTo(left).hasSize(2);
  }

  @Test
  void consulRestartedWithItsDataLostHealsWithoutAnyOtherRestartOrAFailedRequest(Stack stack)
      throws Exception {
    stack.up(3);
    String others = stack.runningSince("haproxy", "lb-renderer", "web-node");

    try (SteadyClients load = SteadyClients.on(stack.site())) {
      stack.compose("restart", "consul").run().orFail();
      await()
          .atMost(SOON)
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(stack.passingInstances()).hasSize(3));
      load.assertNoneFailed();
    }

    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(stack.site().names(30)).isEqualTo(stack.hostNames()).hasSize(3));
    assertThat(stack.runningSince("haproxy", "lb-renderer", "web-node")).isEqualTo(others);
  }
}
