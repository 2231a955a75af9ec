package dev.rollcall.discovery.internal.tls;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The token that an application supplies, by code that may throw anything or take its time: it is
 * waited for only so long, and the last token is used meanwhile. Thread-safe.
 */
public final class SafeTokenSupplier implements Supplier<Optional<String>> {

  private static final Logger log = LoggerFactory.getLogger(SafeTokenSupplier.class);

  private final Supplier<Optional<String>> supplier;
  private final Executor threads;
  private final Duration patience;
  private @Nullable CompletableFuture<Optional<String>> call;
  private Optional<String> last = Optional.empty();
  private boolean supplied;
  private boolean failing;

  /** Whether the call has been given up once: it is not waited for again. */
  private boolean overdue;

  /**
   * What supplies it.
   *
   * @param threads runs the supplier, one call at a time
   * @param patience how long one call is waited for
   */
  public SafeTokenSupplier(
      Supplier<Optional<String>> supplier, Executor threads, Duration patience) {
    this.supplier = supplier;
    this.threads = threads;
    this.patience = patience;
  }

  /**
   * The current token.
   *
   * @throws UncheckedIOException if there is none and never was; one line that tells why
   */
  @Override
  public Optional<String> get() {
    CompletableFuture<Optional<String>> current;
    Duration wait;
    synchronized (this) {
      if (call == null || call.isDone()) {
        call = start();
        overdue = false;
      }
      current = call;
      wait = overdue ? Duration.ZERO : patience;
    }
    try {
      return succeeded(current.get(wait.toNanos(), TimeUnit.NANOSECONDS));
    } catch (ExecutionException e) {
      return failed("failed: " + e.getCause(), false);
    } catch (TimeoutException e) {
      return failed("has not answered within " + patience.toMillis() + " ms", true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed("was not waited for: interrupted", false);
    }
  }

  private CompletableFuture<Optional<String>> start() {
    try {
      return CompletableFuture.supplyAsync(
          () -> Objects.requireNonNull(supplier.get(), "it gave null"), threads);
    } catch (OutOfMemoryError e) {
      // No thread can be started now.
      return CompletableFuture.failedFuture(e);
    }
  }

  private synchronized Optional<String> succeeded(Optional<String> token) {
    if (failing) {
      failing = false;
      log.info("The token supplier answers again");
    }
    last = token;
    supplied = true;
    return token;
  }

  private synchronized Optional<String> failed(String how, boolean late) {
    overdue |= late;
    if (!supplied) {
      String line = "the token supplier " + how;
      throw new UncheckedIOException(line, new IOException(line));
    }
    if (!failing) {
      failing = true;
      log.warn("The token supplier {}; going on with the last token", how);
    }
    return last;
  }

  @Override
  public String toString() {
    return "SafeTokenSupplier[" + supplier.getClass().getName() + "]";
  }
}
