package dev.rollcall.discovery.internal;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs somebody's code for at most so long. Code that takes longer is left behind on its daemon
 * thread; code that throws is logged.
 */
public final class BoundedStep {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private BoundedStep() {}

  /** Runs a step; returns when it is done or time is up. */
  public static void run(String name, Duration atMost, Runnable step) {
    close(name, atMost, step::run);
  }

  /** Closes something; returns when it is done or time is up. */
  public static void close(String name, Duration atMost, AutoCloseable step) {
    CountDownLatch done = new CountDownLatch(1);
    Thread thread =
        new Thread(
            () -> {
              try {
                step.close();
              } catch (Exception | Error e) {
                log.warn("Terminating: could not {}", name, e);
              } finally {
                done.countDown();
              }
            },
            "rollcall-terminate");
    thread.setDaemon(true);
    thread.start();
    try {
      if (!done.await(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
        log.warn("Terminating: to {} takes longer than {} ms; going on", name, atMost.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
