package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.internal.concurrent.Threads;
import java.time.Duration;
import java.util.concurrent.Executor;

/** What runs the tasks of one connection, in {@link ManualClock}. Thread-safe. */
final class ManualThreads implements Threads {

  private final ManualClock time;
  private volatile boolean closed;

  ManualThreads(ManualClock time) {
    this.time = time;
  }

  @Override
  public void schedule(Duration delay, Runnable task) {
    time.after(
        delay,
        () -> {
          if (!closed) {
            task.run();
          }
        });
  }

  @Override
  public Executor control() {
    return this::start;
  }

  @Override
  public Executor listeners() {
    return this::start;
  }

  @Override
  public Thread watch(Runnable loop) {
    Thread thread = new Thread(time.counted(loop), "rollcall-in-memory");
    thread.setDaemon(true);
    return thread;
  }

  private void start(Runnable task) {
    if (!closed) {
      watch(task).start();
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
