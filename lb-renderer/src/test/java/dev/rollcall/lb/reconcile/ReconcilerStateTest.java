package dev.rollcall.lb.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.reconcile.ReconcilerState.Event;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every state, every event, and the state after it. */
class ReconcilerStateTest {
  private static final String TABLE =
      """
      event                | IN_SYNC    | RESYNC_DUE           | APPLY_DUE            | RESYNC_AND_APPLY_DUE
      HAPROXY_CHANGED      | RESYNC_DUE | RESYNC_DUE           | RESYNC_AND_APPLY_DUE | RESYNC_AND_APPLY_DUE
      RESYNCED             | IN_SYNC    | IN_SYNC              | APPLY_DUE            | APPLY_DUE
      RESYNC_FAILED        | IN_SYNC    | RESYNC_DUE           | APPLY_DUE            | RESYNC_AND_APPLY_DUE
      APPLY_STARTED        | APPLY_DUE  | RESYNC_AND_APPLY_DUE | APPLY_DUE            | RESYNC_AND_APPLY_DUE
      APPLIED              | IN_SYNC    | IN_SYNC              | IN_SYNC              | IN_SYNC
      HAPROXY_ABSENT       | RESYNC_DUE | RESYNC_DUE           | RESYNC_DUE           | RESYNC_DUE
      APPLY_FAILED         | APPLY_DUE  | APPLY_DUE            | APPLY_DUE            | APPLY_DUE
      TEMPLATE_ROLLED_BACK | IN_SYNC    | IN_SYNC              | IN_SYNC              | IN_SYNC
      """;

  @ParameterizedTest
  @CsvSource(delimiter = '|', useHeadersInDisplayName = true, textBlock = TABLE)
  void hasTheStateOfTheTableAfterAnEvent(
      Event event,
      ReconcilerState fromInSync,
      ReconcilerState fromResyncDue,
      ReconcilerState fromApplyDue,
      ReconcilerState fromBoth) {
    assertThat(Stream.of(ReconcilerState.values()).map(state -> state.on(event)))
        .containsExactly(fromInSync, fromResyncDue, fromApplyDue, fromBoth);
  }

  @Test
  void theTableHasEveryStateAndEveryEvent() {
    assertThat(TABLE.lines().skip(1).map(row -> row.split(" ", 2)[0]))
        .containsExactly(Arrays.stream(Event.values()).map(Enum::name).toArray(String[]::new));
    assertThat(TABLE.lines().findFirst().orElseThrow().split("\\s*\\|\\s*", -1))
        .endsWith(Arrays.stream(ReconcilerState.values()).map(Enum::name).toArray(String[]::new));
  }
}
