package dev.rollcall.lb.reconcile;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Remembers when the first change came that the pipeline has not taken up yet: it may be busy with
 * the one before. Thread-safe.
 */
public final class ChangeTimes {
  private final TimeSource time;
  private final AtomicReference<@Nullable Duration> first = new AtomicReference<>();

  /** Of which none has come. */
  public ChangeTimes(TimeSource time) {
    this.time = time;
  }

  /** Takes note of a change; whoever calls wakes the pipeline after it. */
  public void record() {
    first.compareAndSet(null, time.elapsed());
  }

  /**
   * When the first came since this was last asked; empty if none did. Asked before the catalog is:
   * what is noted later wakes the pipeline once more, which then finds nothing new and forgets it.
   */
  Optional<Duration> takeFirst() {
    return Optional.ofNullable(first.getAndSet(null));
  }
}
