package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.internal.concurrent.SystemClock;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Until when a call must be over, from its connecting to the last byte of its answer: known to all
 * that is done for it on its thread. A call that has none is bounded step by step only.
 */
final class Deadline {

  private static final ThreadLocal<@Nullable Deadline> CURRENT = new ThreadLocal<>();

  private final Duration within;
  private final long began = SystemClock.SYSTEM.nanoTime();

  private Deadline(Duration within) {
    this.within = within;
  }

  /** Makes a call that must be over within so long. */
  static <T> T within(Duration most, Supplier<T> call) {
    Deadline before = CURRENT.get();
    Duration left = before == null ? most : before.left();
    CURRENT.set(new Deadline(left.compareTo(most) < 0 ? left : most));
    try {
      return call.get();
    } finally {
      CURRENT.set(before);
    }
  }

  private Duration left() {
    return within.minusNanos(SystemClock.SYSTEM.nanoTime() - began);
  }

  /**
   * The bound of a step of the call that this thread makes: the step's own, or what is left.
   *
   * @throws SocketTimeoutException if nothing is left
   */
  static Duration bound(Duration step) throws SocketTimeoutException {
    Deadline deadline = CURRENT.get();
    if (deadline == null) {
      return step;
    }
    Duration left = deadline.left();
    if (left.toMillis() <= 0) {
      throw new SocketTimeoutException(
          "the call was not over within " + deadline.within.toMillis() + " ms");
    }
    return left.compareTo(step) < 0 ? left : step;
  }

  /** As {@link #bound(Duration)}, of a time-out in milliseconds, of which zero is none. */
  static int bound(int millis) throws SocketTimeoutException {
    Duration step = millis > 0 ? Duration.ofMillis(millis) : Duration.ofMillis(Integer.MAX_VALUE);
    long bound = bound(step).toMillis();
    return bound == Integer.MAX_VALUE ? millis : Math.toIntExact(bound);
  }
}
