package dev.rollcall.lb.reconcile;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Tells the reconciler what happened, and wakes its thread: once, however often it is called.
 * Thread-safe.
 */
public final class ReconcileTrigger {
  private final TimeSource time;
  private final Semaphore wakeups = new Semaphore(0);
  private final AtomicReference<@Nullable Duration> firstChange = new AtomicReference<>();
  private final AtomicBoolean haproxyRestarted = new AtomicBoolean();
  private final AtomicBoolean templateTouched = new AtomicBoolean();

  /** Nothing happened yet. */
  public ReconcileTrigger(TimeSource time) {
    this.time = time;
  }

  /** The catalog has another snapshot. */
  public void catalogChanged() {
    firstChange.compareAndSet(null, time.elapsed());
    wake();
  }

  /** HAProxy came up: it is to be brought to what the file has. */
  public void haproxyRestarted() {
    haproxyRestarted.set(true);
    wake();
  }

  /** The template is to be read again, whatever its file's time and size say. */
  public void templateTouched() {
    templateTouched.set(true);
    wake();
  }

  /** Ends a wait, or the next one if there is none. */
  void wake() {
    wakeups.release();
  }

  /** Waits until woken, or until the time is over. */
  void await(Duration limit) throws InterruptedException {
    if (wakeups.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      wakeups.drainPermits();
    }
  }

  /**
   * When the first change came since this was last asked; empty if none did. Asked before the
   * catalog is: a later change wakes the reconciler once more, which then finds nothing new.
   */
  Optional<Duration> takeFirstChange() {
    return Optional.ofNullable(firstChange.getAndSet(null));
  }

  boolean takeHaproxyRestart() {
    return haproxyRestarted.getAndSet(false);
  }

  boolean takeTemplateTouch() {
    return templateTouched.getAndSet(false);
  }
}
