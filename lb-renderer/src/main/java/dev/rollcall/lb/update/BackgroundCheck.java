package dev.rollcall.lb.update;

import dev.rollcall.lb.haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.Haproxy;
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
 * HAProxy's verdict on the configuration file, asked for on a thread of its own: with thousands of
 * certificates {@code haproxy -c} takes a minute, and no instance that joins has to wait for it. At
 * most one is under way. Used by one thread at a time.
 */
final class BackgroundCheck {

  /**
   * A verdict.
   *
   * @param text of the file when it was asked for
   * @param check what HAProxy says of the file
   * @param previous what HAProxy says of the text that it is known to run, if the file was refused
   *     and that text is another one; else null
   */
  record Verdict(String text, ConfigCheck check, @Nullable ConfigCheck previous) {

    /**
     * Whether the file was refused for what stands in it now and did not before. A text that
     * HAProxy runs and refuses as well says that something it reads has gone bad.
     */
    boolean blamesChange() {
      return check instanceof ConfigCheck.Refused && previous instanceof ConfigCheck.Passed;
    }
  }

  private record PendingCheck(String text, CompletableFuture<Verdict> verdict) {}

  private final Haproxy haproxy;
  private final Executor executor;
  private @Nullable PendingCheck pendingCheck;

  BackgroundCheck(Haproxy haproxy, Executor executor) {
    this.haproxy = haproxy;
    this.executor = executor;
  }

  /** Threads that keep no process from ending. */
  static Executor threads() {
    return Executors.newCachedThreadPool(
        task -> {
          Thread thread = new Thread(task, "haproxy-check");
          thread.setDaemon(true);
          return thread;
        });
  }

  /** Whether one is under way, or has ended and was not taken. */
  boolean pending() {
    return pendingCheck != null;
  }

  /** Whether one has come that blames what was changed. */
  boolean blamesChange() {
    return pendingCheck != null
        && pendingCheck.verdict().isDone()
        && !pendingCheck.verdict().isCompletedExceptionally()
        && pendingCheck.verdict().join().blamesChange();
  }

  /**
   * Asks, unless it is asked already.
   *
   * @param file to be judged
   * @param text what is in it
   * @param before a file with the text that HAProxy is known to run; null if that is the same
   */
  void start(Path file, String text, @Nullable Path before) {
    if (pendingCheck == null) {
      pendingCheck =
          new PendingCheck(
              text,
              CompletableFuture.supplyAsync(
                  () -> {
                    ConfigCheck check = haproxy.check(file);
                    return new Verdict(text, check, checkPrevious(check, before));
                  },
                  executor));
    }
  }

  private @Nullable ConfigCheck checkPrevious(ConfigCheck first, @Nullable Path before) {
    return first instanceof ConfigCheck.Refused && before != null ? haproxy.check(before) : null;
  }

  /** The verdict, if it came; it is forgotten then. */
  Optional<Verdict> take() {
    return take(Duration.ZERO);
  }

  /** As {@link #take()}, for whoever waits a moment. */
  Optional<Verdict> take(Duration limit) {
    PendingCheck asked = pendingCheck;
    if (asked == null || (limit.isZero() && !asked.verdict().isDone())) {
      return Optional.empty();
    }
    try {
      Verdict verdict = asked.verdict().get(limit.toMillis(), TimeUnit.MILLISECONDS);
      pendingCheck = null;
      return Optional.of(verdict);
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (ExecutionException e) {
      pendingCheck = null;
      return Optional.of(
          new Verdict(
              asked.text(), new ConfigCheck.Unavailable(String.valueOf(e.getCause())), null));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
