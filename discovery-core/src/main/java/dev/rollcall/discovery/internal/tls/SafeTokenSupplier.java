package dev.rollcall.discovery.internal.tls;

import dev.rollcall.discovery.internal.concurrent.BoundedSupplier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The token that an application supplies, by code that may throw anything or take its time: it is
 * waited for only so long, and the last token is used meanwhile. Thread-safe.
 */
public final class SafeTokenSupplier implements Supplier<Optional<String>> {

  private static final Logger log = LoggerFactory.getLogger(SafeTokenSupplier.class);

  private final BoundedSupplier<Optional<String>> supplier;
  private Optional<String> last = Optional.empty();
  private boolean supplied;
  private boolean failing;

  /**
   * What supplies it.
   *
   * @param threads runs the supplier, one call at a time
   * @param patience how long one call is waited for
   */
  public SafeTokenSupplier(
      Supplier<Optional<String>> supplier, Executor threads, Duration patience) {
    this.supplier = new BoundedSupplier<>(supplier, threads, patience);
  }

  /**
   * The current token.
   *
   * @throws UncheckedIOException if there is none and never was; one line that tells why
   */
  @Override
  public Optional<String> get() {
    String[] failure = {""};
    Optional<String> token =
        supplier.get(
            how -> {
              failure[0] = how;
              return Optional.empty();
            });
    return failure[0].isEmpty() ? succeeded(token) : failed(failure[0]);
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

  private synchronized Optional<String> failed(String how) {
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
    return "SafeTokenSupplier[" + supplier + "]";
  }
}
