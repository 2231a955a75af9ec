package dev.rollcall.lb.update;

import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Checks the configuration file on a thread of its own: with thousands of certificates {@code
 * haproxy -c} takes a minute, for which no new instance has to wait. One check at a time. Used by
 * one thread.
 */
final class BackgroundCheck {

  /**
   * The result of a check.
   *
   * @param text of the file when the check began
   * @param check the result for the file
   * @param previous the result for the text that HAProxy is known to run, if the file was refused
   *     and has another text; else null
   */
  record Verdict(String text, ConfigCheck check, @Nullable ConfigCheck previous) {

    /**
     * Whether the file was refused for what changed in it. If the previous text is refused too,
     * something that HAProxy reads beside it is bad.
     */
    boolean blamesChange() {
      return check instanceof ConfigCheck.Refused && previous instanceof ConfigCheck.Passed;
    }
  }

  private final Haproxy haproxy;
  private final Executor executor;
  private @Nullable CompletableFuture<Verdict> pending;

  BackgroundCheck(Haproxy haproxy, Executor executor) {
    this.haproxy = haproxy;
    this.executor = executor;
  }

  /** Daemon threads. */
  static Executor threads() {
    return Executors.newCachedThreadPool(
        task -> {
          Thread thread = new Thread(task, "haproxy-check");
          thread.setDaemon(true);
          return thread;
        });
  }

  /** Whether one is running, or has ended and was not taken. */
  boolean pending() {
    return pending != null;
  }

  /** Whether one has ended that blames what was changed. */
  boolean blamesChange() {
    return pending != null && pending.isDone() && pending.join().blamesChange();
  }

  /**
   * Starts a check, unless one is pending.
   *
   * @param file to be checked
   * @param text what is in it
   * @param previous a file with the text that HAProxy is known to run; null if that is the same
   */
  void start(Path file, String text, @Nullable Path previous) {
    if (pending == null) {
      pending =
          CompletableFuture.supplyAsync(() -> check(file, text, previous), executor)
              .exceptionally(
                  error ->
                      new Verdict(text, new ConfigCheck.Unavailable(String.valueOf(error)), null));
    }
  }

  private Verdict check(Path file, String text, @Nullable Path previous) {
    ConfigCheck check = haproxy.check(file);
    return new Verdict(
        text,
        check,
        check instanceof ConfigCheck.Refused && previous != null ? haproxy.check(previous) : null);
  }

  /** The verdict, if it comes within a limit; it is forgotten then. */
  Optional<Verdict> take(Duration limit) {
    if (pending == null) {
      return Optional.empty();
    }
    try {
      Verdict verdict = pending.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      pending = null;
      return Optional.of(verdict);
    } catch (TimeoutException | ExecutionException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
