package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.internal.Threads;
import java.time.Duration;
import java.util.concurrent.Executor;

/** What runs the tasks of one connection, in {@link SteppedTime}. Thread-safe. */
final class SteppedThreads implements Threads {

  private final SteppedTime time;
  private volatile boolean closed;

  SteppedThreads(SteppedTime time) {
    this.time = time;
  }

  @Override
  public void after(Duration delay, Runnable task) {
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
