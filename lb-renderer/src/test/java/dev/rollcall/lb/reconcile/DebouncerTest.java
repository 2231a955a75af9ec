package dev.rollcall.lb.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * "A change that comes when nothing was applied for MIN is applied at once; those that come sooner
 * are applied together, when none has come for MIN, or MAX after the first of them."
 */
class DebouncerTest {
  private static final Duration MIN = Duration.ofMillis(200);
  private static final Duration MAX = Duration.ofSeconds(1);

  /** The times, in ms, at which changes that come at these times are applied. */
  private static List<Long> applied(LongStream changes, long takes) {
    List<Long> coming = new ArrayList<>(changes.boxed().toList());
    List<Long> applied = new ArrayList<>();
    Debouncer debouncer = Debouncer.of(MIN, MAX);
    long now = 0;
    while (!coming.isEmpty() || debouncer.due().isPresent()) {
      while (!coming.isEmpty() && coming.get(0) <= now) {
        coming.remove(0);
        debouncer = debouncer.changed(Duration.ofMillis(now));
      }
      Duration at = Duration.ofMillis(now);
      if (debouncer.due().filter(due -> due.compareTo(at) <= 0).isPresent()) {
        applied.add(now);
        now += takes;
        debouncer = debouncer.applied(Duration.ofMillis(now));
      }
      now++;
    }
    return applied;
  }

  @Test
  void aSingleChangeIsAppliedAtOnce() {
    assertThat(applied(LongStream.of(7), 0)).containsExactly(7L);
  }

  @Test
  void aChangeThatComesWhenNothingWasAppliedForMinIsAppliedAtOnce() {
    assertThat(applied(LongStream.of(0, 200, 5000), 0)).containsExactly(0L, 200L, 5000L);
  }

  @Test
  void changesThatComeSoonerAreAppliedTogetherWhenNoneHasComeForMin() {
    assertThat(applied(LongStream.of(0, 50, 100, 150), 0)).containsExactly(0L, 350L);
  }

  @Test
  void changesAreAppliedMaxAfterTheFirstOfThemAtTheLatest() {
    assertThat(applied(LongStream.range(0, 30).map(i -> i * 100), 0))
        .containsExactly(0L, 1100L, 2200L, 3100L);
  }

  @Test
  void aBurstOfAHundredIsAppliedInTwoSteps() {
    assertThat(applied(LongStream.range(0, 100), 0)).containsExactly(0L, 299L);
  }

  @Test
  void minCountsFromTheEndOfASlowApply() {
    assertThat(applied(LongStream.of(0, 10, 20), 3000)).containsExactly(0L, 3201L);
  }

  @Test
  void afterAReloadBothTimesAreEightTimesAsLong() {
    Debouncer debouncer =
        Debouncer.of(MIN, MAX).reloaded(Duration.ZERO).changed(Duration.ofMillis(10));
    assertThat(debouncer.due()).contains(Duration.ofMillis(1610));
    for (int ms = 20; ms < 8000; ms += 100) {
      debouncer = debouncer.changed(Duration.ofMillis(ms));
    }
    assertThat(debouncer.due()).contains(Duration.ofMillis(8010));
    assertThat(debouncer.applied(Duration.ofSeconds(9)).changed(Duration.ofMillis(9010)).due())
        .contains(Duration.ofMillis(9210));
  }

  @Test
  void nothingIsDueOfAChangeThatWasReverted() {
    Debouncer debouncer =
        Debouncer.of(MIN, MAX).applied(Duration.ZERO).changed(Duration.ofMillis(10));
    assertThat(debouncer.due()).contains(Duration.ofMillis(210));
    assertThat(debouncer.reverted().due()).isEmpty();
  }
}
