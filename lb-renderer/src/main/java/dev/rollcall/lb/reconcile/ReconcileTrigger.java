package dev.rollcall.lb.reconcile;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Lets any thread tell one that there is something to do. However often it is woken, it wakes once.
 * Thread-safe.
 */
public final class ReconcileTrigger {
  private final Semaphore woken = new Semaphore(0);

  /** Ends a wait, or the next one if there is none. */
  public void wake() {
    woken.release();
  }

  /** Waits until woken, or until the time is over. */
  void await(Duration limit) throws InterruptedException {
    boolean wokenInTime = woken.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS);
    if (wokenInTime) {
      woken.drainPermits();
    }
  }
}
