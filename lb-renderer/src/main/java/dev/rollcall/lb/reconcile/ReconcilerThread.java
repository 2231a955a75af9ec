package dev.rollcall.lb.reconcile;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Turns a pipeline: at once when woken, else when something is due. Thread-safe. */
public final class ReconcilerThread implements AutoCloseable {
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final int MOST_HURRIED = 10;
  private static final Duration BREATHER = Duration.ofMillis(50);

  private final Reconciler pipeline;
  private final ReconcileTrigger wakeup;
  private final Duration stopLimit;
  private final Thread thread = new Thread(this::run, "pipeline");
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile boolean closed;

  /**
   * Not started yet.
   *
   * @param stopLimit how long {@link #close} waits for the step under way
   */
  public ReconcilerThread(Reconciler pipeline, ReconcileTrigger wakeup, Duration stopLimit) {
    this.pipeline = pipeline;
    this.wakeup = wakeup;
    this.stopLimit = stopLimit;
  }

  /** Starts it; once. */
  public void start() {
    thread.start();
  }

  /** Whether it turns. */
  public boolean isAlive() {
    return thread.isAlive();
  }

  /** Completes when it has ended, for whatever reason. */
  public CompletableFuture<Void> ended() {
    return ended.copy();
  }

  private void run() {
    try {
      int hurried = 0;
      while (!closed) {
        Duration pause = pipeline.reconcile();
        hurried = pause.compareTo(SHORTEST) < 0 ? hurried + 1 : 0;
        // Whatever the pipeline believes to be due again and again: no core spins for it.
        wakeup.await(hurried > MOST_HURRIED ? BREATHER : pause);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ended.complete(null);
    }
  }

  /** Ends it after the step under way, or without it at the limit. Idempotent. */
  @Override
  public void close() {
    closed = true;
    wakeup.wake();
    try {
      thread.join(stopLimit.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
