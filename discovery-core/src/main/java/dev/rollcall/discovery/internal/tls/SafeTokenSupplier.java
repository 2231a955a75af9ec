package dev.rollcall.discovery.internal.tls;

import dev.rollcall.discovery.internal.concurrent.DaemonThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The token that an application supplies, by code of which nothing is known: it may throw anything,
 * and it may take its time. Whoever needs a token waits for it for so long at most, and goes on
 * with the last one that was supplied. Thread-safe.
 */
public final class SafeTokenSupplier implements Supplier<Optional<String>> {

  private static final Logger log = LoggerFactory.getLogger(SafeTokenSupplier.class);
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Supplier<Optional<String>> supplier;
  private final Executor threads;
  private final Duration patience;
  private @Nullable CompletableFuture<Optional<String>> asked;
  private Optional<String> last = Optional.empty();
  private boolean supplied;
  private boolean failing;

  /** A call that has been given up once is not waited for again. */
  private boolean overdue;

  /** A supplier that may be called by anybody: itself, if it is one of the library's own. */
  public static Supplier<Optional<String>> of(Supplier<Optional<String>> supplier) {
    boolean known = supplier instanceof TokenFile || supplier instanceof StaticToken;
    ThreadFactory threads = DaemonThreads.platformFactory("rollcall-token-");
    return known
        ? supplier
        : new SafeTokenSupplier(supplier, task -> threads.newThread(task).start(), PATIENCE);
  }

  /**
   * What supplies it.
   *
   * @param threads run the supplier, one call at a time
   * @param patience how long one call is waited for
   */
  SafeTokenSupplier(Supplier<Optional<String>> supplier, Executor threads, Duration patience) {
    this.supplier = supplier;
    this.threads = threads;
    this.patience = patience;
  }

  /**
   * The token of the moment.
   *
   * @throws UncheckedIOException if there is none and never was; one line that tells why
   */
  @Override
  public Optional<String> get() {
    boolean wait;
    CompletableFuture<Optional<String>> call;
    synchronized (this) {
      call = asked;
      if (call == null) {
        call = ask();
        asked = call.isDone() ? null : call;
        overdue = false;
      }
      wait = !overdue;
    }
    try {
      return answered(call.get(wait ? patience.toNanos() : 0, TimeUnit.NANOSECONDS));
    } catch (ExecutionException e) {
      return failed("failed: " + e.getCause(), false);
    } catch (TimeoutException e) {
      return failed("has not answered within " + patience.toMillis() + " ms", true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed("was not waited for: interrupted", false);
    }
  }

  private CompletableFuture<Optional<String>> ask() {
    CompletableFuture<Optional<String>> call = new CompletableFuture<>();
    try {
      threads.execute(() -> supply(call));
    } catch (OutOfMemoryError e) {
      // No thread can be started now.
      call.completeExceptionally(e);
    }
    return call;
  }

  private void supply(CompletableFuture<Optional<String>> call) {
    try {
      Optional<String> token = Objects.requireNonNull(supplier.get(), "it gave null");
      forget();
      call.complete(token);
    } catch (Throwable e) {
      forget();
      call.completeExceptionally(e);
    }
  }

  private synchronized void forget() {
    asked = null;
  }

  private synchronized Optional<String> answered(Optional<String> token) {
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
