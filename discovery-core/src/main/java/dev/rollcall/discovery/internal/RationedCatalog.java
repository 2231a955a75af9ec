package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A catalog for more queries than there may be connections: an agent takes only so many from one
 * address, and heartbeats must not be the ones it refuses. As many queries as there are places for
 * hold a connection each and block in Consul. The others take turns on a few connections, and ask
 * every now and then without blocking; each gets a place of its own when one becomes free.
 */
final class RationedCatalog implements Catalog {

  /** How many queries may take their turn at once. */
  static final int TURNS = 2;

  /** A connection that was closed still counts for the agent while the next one is opened. */
  static final int RESERVED = 2 * TURNS;

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");
  private static final Duration BETWEEN_TURNS = Duration.ofSeconds(2);
  private static final Duration LONGEST_QUEUE = Duration.ofSeconds(10);

  private final Catalog catalog;
  private final Clock clock;
  private final int places;
  private final Semaphore free;
  private final Semaphore turns = new Semaphore(TURNS, true);
  private final AtomicBoolean told = new AtomicBoolean();

  /**
   * Rations another catalog.
   *
   * @param places how many queries may hold a connection
   */
  RationedCatalog(Catalog catalog, int places, Clock clock) {
    this.catalog = catalog;
    this.clock = clock;
    this.places = places;
    free = new Semaphore(places);
  }

  @Override
  public Poll<Snapshot> instances(ServiceQuery query) {
    return new Rationed<>(() -> catalog.instances(query));
  }

  @Override
  public Poll<CatalogServices> services(CatalogQuery query) {
    return new Rationed<>(() -> catalog.services(query));
  }

  @Override
  public Duration pace() {
    return catalog.pace();
  }

  private void tellOnce() {
    if (!told.getAndSet(true)) {
      log.warn(
          "More than {} queries are being watched: the others take turns on {} connections and see"
              + " changes some {} s later. Let the agent take more connections"
              + " (limits.http_max_conns_per_client) and say so by ConsulOptions.connections",
          places,
          TURNS,
          BETWEEN_TURNS.toSeconds());
    }
  }

  private final class Rationed<S> implements Poll<S> {
    private final Supplier<Poll<S>> open;
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable Poll<S> current;
    private boolean placed;

    Rationed(Supplier<Poll<S>> open) {
      this.open = open;
    }

    @Override
    public Answer<Page<S>> next(OptionalLong index) {
      return takePlace()
          ? ask(poll -> poll.next(index))
          : inTurn(index.isPresent(), poll -> poll.next(OptionalLong.empty()));
    }

    @Override
    public Answer<Page<S>> confirm() {
      return takePlace() ? ask(Poll::confirm) : inTurn(false, Poll::confirm);
    }

    private synchronized boolean takePlace() {
      if (!placed && closed.getCount() > 0) {
        placed = free.tryAcquire();
      }
      return placed;
    }

    private Answer<Page<S>> inTurn(boolean pause, Function<Poll<S>, Answer<Page<S>>> question) {
      tellOnce();
      try {
        if (pause && clock.await(closed, BETWEEN_TURNS)) {
          return ended();
        }
        if (!turns.tryAcquire(LONGEST_QUEUE.toNanos(), TimeUnit.NANOSECONDS)) {
          return Answer.failed(
              ConsulFailure.Kind.UNAVAILABLE,
              "no turn within " + LONGEST_QUEUE.toSeconds() + " s: too many queries are watched");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return ended();
      }
      try {
        return ask(question);
      } finally {
        letGo();
        turns.release();
      }
    }

    private Answer<Page<S>> ask(Function<Poll<S>, Answer<Page<S>>> question) {
      Poll<S> poll;
      synchronized (this) {
        if (closed.getCount() == 0) {
          return ended();
        }
        if (current == null) {
          current = open.get();
        }
        poll = current;
      }
      return question.apply(poll);
    }

    private Answer<Page<S>> ended() {
      return Answer.failed(ConsulFailure.Kind.UNAVAILABLE, "the query was closed");
    }

    private synchronized void letGo() {
      if (current != null) {
        current.close();
        current = null;
      }
    }

    @Override
    public synchronized void close() {
      closed.countDown();
      letGo();
      if (placed) {
        placed = false;
        free.release();
      }
    }
  }
}
