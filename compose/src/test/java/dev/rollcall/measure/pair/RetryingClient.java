package dev.rollcall.measure.pair;

import dev.rollcall.measure.HttpProbe;
import dev.rollcall.measure.Waiting;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A client that asks one idempotent request after the other, and repeats one that fails for some
 * seconds, as RFC 9110, section 9.2.2, allows. Thread-safe.
 */
final class RetryingClient implements AutoCloseable {
  /** For so long a request is repeated; only then it is lost. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration ATTEMPT = Duration.ofMillis(500);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final HttpProbe probe = HttpProbe.within(ATTEMPT);
  private final String address;
  private final Thread thread = new Thread(this::ask, "retrying-client");
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger lost = new AtomicInteger();
  private final AtomicLong longest = new AtomicLong();
  private volatile boolean over;

  /** Begins at once. */
  RetryingClient(String address) {
    this.address = address;
    thread.setDaemon(true);
    thread.start();
  }

  private void ask() {
    while (!over) {
      long began = System.nanoTime();
      boolean answered =
          Waiting.until(PATIENCE, PAUSE, () -> over || probe.body(address).isPresent());
      if (over) {
        return;
      }
      longest.accumulateAndGet(System.nanoTime() - began, Math::max);
      requests.incrementAndGet();
      if (!answered) {
        lost.incrementAndGet();
      }
      Waiting.sleep(PAUSE);
    }
  }

  int requests() {
    return requests.get();
  }

  int lost() {
    return lost.get();
  }

  /** The longest time that any request took, its repetitions included. */
  Duration longest() {
    return Duration.ofNanos(longest.get());
  }

  @Override
  public void close() {
    over = true;
  }
}
