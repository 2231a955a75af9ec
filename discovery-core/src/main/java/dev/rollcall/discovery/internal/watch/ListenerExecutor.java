package dev.rollcall.discovery.internal.watch;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The application's own executor for listeners, which may block, run a task in its caller or refuse
 * it: a thread of the library hands each task over, and runs it if it was refused. Thread-safe.
 */
public final class ListenerExecutor implements Executor {

  private static final Logger log = LoggerFactory.getLogger(ListenerExecutor.class);

  private final Executor application;
  private final Executor library;
  private final AtomicBoolean refused = new AtomicBoolean();

  /**
   * An executor over two.
   *
   * @param library takes every task, and returns at once
   */
  public ListenerExecutor(Executor application, Executor library) {
    this.application = application;
    this.library = library;
  }

  @Override
  public void execute(Runnable task) {
    library.execute(() -> handOver(task));
  }

  private void handOver(Runnable task) {
    AtomicBoolean begun = new AtomicBoolean();
    Runnable once =
        () -> {
          if (!begun.getAndSet(true)) {
            task.run();
          }
        };
    try {
      application.execute(once);
      refused.set(false);
    } catch (Throwable e) {
      if (!refused.getAndSet(true)) {
        log.warn(
            "The executor for listeners refused a task: a thread of the library runs it; see"
                + " ConsulOptions.listenerExecutor",
            e);
      }
      once.run();
    }
  }
}
