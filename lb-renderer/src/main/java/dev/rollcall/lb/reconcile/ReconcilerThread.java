package dev.rollcall.lb.reconcile;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Runs a reconciler: at once when it is triggered, else when something is due. Thread-safe. */
public final class ReconcilerThread implements AutoCloseable {
  private static final Duration SHORTEST_WAIT = Duration.ofMillis(1);
  private static final int MOST_WITHOUT_WAIT = 10;
  private static final Duration BRAKE = Duration.ofMillis(50);

  private final Reconciler reconciler;
  private final ReconcileTrigger trigger;
  private final Duration stopTimeout;
  private final Thread thread = new Thread(this::run, "reconciler");
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile boolean closed;

  /**
   * Not started yet.
   *
   * @param stopTimeout how long {@link #close} waits for the step under way
   */
  public ReconcilerThread(Reconciler reconciler, ReconcileTrigger trigger, Duration stopTimeout) {
    this.reconciler = reconciler;
    this.trigger = trigger;
    this.stopTimeout = stopTimeout;
  }

  /** Starts it; once. */
  public void start() {
    thread.start();
  }

  /** Whether it runs. */
  public boolean isAlive() {
    return thread.isAlive();
  }

  /** Completes when it has ended, for whatever reason. */
  public CompletableFuture<Void> ended() {
    return ended.copy();
  }

  private void run() {
    try {
      int withoutWait = 0;
      while (!closed) {
        Duration pause = reconciler.reconcile();
        withoutWait = pause.compareTo(SHORTEST_WAIT) < 0 ? withoutWait + 1 : 0;
        // Whatever the reconciler believes to be due again and again: no core spins for it.
        trigger.await(withoutWait > MOST_WITHOUT_WAIT ? BRAKE : pause);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ended.complete(null);
    }
  }

  /** Ends it after the step under way, or without it at the time-out. Idempotent. */
  @Override
  public void close() {
    closed = true;
    trigger.wake();
    try {
      thread.join(stopTimeout.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
