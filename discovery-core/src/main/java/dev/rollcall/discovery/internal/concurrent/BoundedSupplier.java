package dev.rollcall.discovery.internal.concurrent;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls a supplier of the application's, which may throw anything or take its time: one call at a
 * time, which is waited for only so long. Thread-safe.
 */
public final class BoundedSupplier<T> {

  private final Supplier<T> supplier;
  private final Executor threads;
  private final Duration patience;
  private @Nullable CompletableFuture<T> call;

  /** Whether the call has been given up once: it is not waited for again. */
  private boolean overdue;

  /**
   * What supplies it.
   *
   * @param threads runs the supplier, one call at a time
   * @param patience how long one call is waited for
   */
  public BoundedSupplier(Supplier<T> supplier, Executor threads, Duration patience) {
    this.supplier = supplier;
    this.threads = threads;
    this.patience = patience;
  }

  /**
   * What the supplier gives now.
   *
   * @param otherwise gives what is returned if it gives nothing, told why: words to follow what the
   *     supplier is of
   */
  public T get(Function<String, T> otherwise) {
    CompletableFuture<T> current;
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
      return current.get(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      return otherwise.apply("failed: " + e.getCause());
    } catch (TimeoutException e) {
      synchronized (this) {
        overdue |= current == call;
      }
      return otherwise.apply("has not answered within " + patience.toMillis() + " ms");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return otherwise.apply("was not waited for: interrupted");
    }
  }

  private CompletableFuture<T> start() {
    try {
      return CompletableFuture.supplyAsync(
          () -> Objects.requireNonNull(supplier.get(), "it gave null"), threads);
    } catch (OutOfMemoryError e) {
      // No thread can be started now.
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public String toString() {
    return "BoundedSupplier[" + supplier.getClass().getName() + "]";
  }
}
