package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.TerminationStep.Outcome;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs somebody's code for at most so long. Code that takes longer is left behind on its daemon
 * thread; code that throws is logged.
 */
public final class BoundedStep {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private BoundedStep() {}

  /** Runs a step that is done when it comes back; returns then, or when time is up. */
  public static Outcome run(String name, Duration atMost, AutoCloseable step) {
    return call(
        name,
        atMost,
        () -> {
          step.close();
          return Outcome.DONE;
        });
  }

  /** Runs a step that tells what came of it; returns when it is over or time is up. */
  public static Outcome call(String name, Duration atMost, Callable<Outcome> step) {
    FutureTask<Outcome> task = new FutureTask<>(step);
    Thread thread = new Thread(task, "rollcall-terminate");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      log.warn("Terminating: could not {}", name, e.getCause());
      return Outcome.FAILED;
    } catch (TimeoutException e) {
      log.warn("Terminating: to {} takes longer than {} ms; going on", name, atMost.toMillis());
      return Outcome.TIMED_OUT;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Outcome.CUT_SHORT;
    }
  }
}
