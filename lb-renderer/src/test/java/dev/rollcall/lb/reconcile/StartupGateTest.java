package dev.rollcall.lb.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.reconcile.StartupGate.Decision;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartupGateTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      useHeadersInDisplayName = true,
      textBlock =
          """
          awaiting | starting | configured | answered | implausible | decision
          true     | true     | true       | false    | true        | AWAIT_ANSWERS
          true     | false    | false      | true     | false       | AWAIT_ANSWERS
          false    | true     | true       | false    | true        | KEEP_UNANSWERED
          false    | true     | true       | true     | true        | KEEP_IMPLAUSIBLE
          false    | true     | true       | true     | false       | RENDER
          false    | true     | false      | false    | true        | RENDER
          false    | false    | true       | false    | true        | RENDER
          """)
  void decidesAsTheTableSays(
      boolean awaiting,
      boolean starting,
      boolean configured,
      boolean answered,
      boolean implausible,
      Decision decision) {
    assertThat(Decision.of(awaiting, starting, configured, answered, implausible))
        .isEqualTo(decision);
  }

  @Test
  void waitsForEachServiceFromTheTimeItIsFirstUnanswered() {
    StartupGate gate = new StartupGate(TIMEOUT);
    assertThat(gate.update(Set.of("web"), Duration.ZERO)).isTrue();
    assertThat(gate.update(Set.of("web", "pay"), Duration.ofSeconds(5))).isTrue();
    assertThat(gate.nextTimeout(Duration.ofSeconds(5))).contains(TIMEOUT);
    assertThat(gate.nextTimeout(TIMEOUT)).contains(TIMEOUT.plusSeconds(5));
    assertThat(gate.update(Set.of("web", "pay"), TIMEOUT.plusSeconds(5))).isFalse();
    assertThat(gate.update(Set.of("new"), TIMEOUT.plusSeconds(5))).isTrue();
    assertThat(gate.update(Set.of(), TIMEOUT.plusSeconds(6))).isFalse();
  }
}
