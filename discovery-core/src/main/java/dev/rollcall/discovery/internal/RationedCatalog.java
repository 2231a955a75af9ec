package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A catalog for more queries than there may be connections: an agent takes only so many from one
 * address, and heartbeats must not be the ones it refuses. As many queries as there are places for
 * hold a connection each and block in Consul. The others share a few connections, on which each
 * asks without blocking when the {@link Bell} tells it to; those that it does not speak for, and
 * all while it does not ring, ask every now and then. Each gets a place of its own when one becomes
 * free.
 */
final class RationedCatalog implements Catalog {

  /** How many queries without a place may ask at once. */
  static final int TURNS = 2;

  /** A connection that was closed still counts for the agent while the next one is opened. */
  private static final int CLOSING = 2;

  /** How many connections are not for queries with a place. */
  static final int RESERVED = TURNS + Bell.CONNECTIONS + CLOSING;

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");
  private static final Duration LONGEST_QUEUE = Duration.ofSeconds(10);

  private final Catalog catalog;
  private final Catalog shared;
  private final Bell bell;
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
  RationedCatalog(Catalog catalog, int places, Threads threads, Means means) {
    this.catalog = catalog;
    this.places = places;
    clock = means.clock();
    shared = catalog.sharing(TURNS);
    bell = new Bell(catalog, threads, means);
    free = new Semaphore(places);
  }

  @Override
  public Poll<Snapshot> instances(ServiceQuery query) {
    boolean heard = isHeard(query.datacenter(), query.consistency()) && !query.cached();
    return new Rationed<>(from -> from.instances(query), Optional.of(query.service()), heard);
  }

  @Override
  public Poll<CatalogServices> services(CatalogQuery query) {
    boolean heard = isHeard(query.datacenter(), query.consistency());
    return new Rationed<>(from -> from.services(query), Optional.empty(), heard);
  }

  /** Other datacenters have other checks; and who may be told what is old gains nothing by news. */
  private static boolean isHeard(Optional<String> datacenter, Consistency consistency) {
    return datacenter.isEmpty() && consistency != Consistency.STALE;
  }

  @Override
  public Poll<Fingerprints> checks() {
    return catalog.checks();
  }

  @Override
  public Poll<Integer> nodes() {
    return catalog.nodes();
  }

  @Override
  public Duration pace() {
    return catalog.pace();
  }

  private void tellOnce() {
    if (!told.getAndSet(true)) {
      log.info(
          "More than {} queries are being watched: the others share {} connections, and ask when"
              + " three more tell that something has changed. To let each have its own, let the agent take"
              + " more connections (limits.http_max_conns_per_client) and say so by"
              + " ConsulOptions.connections",
          places,
          TURNS);
    }
  }

  private final class Rationed<S> implements Poll<S> {
    private final Function<Catalog, Poll<S>> open;
    private final boolean heard;
    private final Hearer hearer;
    private @Nullable Poll<S> current;
    private boolean placed;
    private boolean closed;

    Rationed(Function<Catalog, Poll<S>> open, Optional<String> service, boolean heard) {
      this.open = open;
      this.heard = heard;
      hearer = new Hearer(service, clock);
    }

    @Override
    public Answer<Page<S>> next(OptionalLong index) {
      return takePlace() ? ask(poll -> poll.next(index)) : inTurn(index.isPresent(), false);
    }

    @Override
    public Answer<Page<S>> confirm() {
      return takePlace() ? ask(Poll::confirm) : inTurn(false, true);
    }

    private synchronized boolean takePlace() {
      if (!placed && !closed && free.tryAcquire()) {
        placed = true;
        bell.leave(hearer);
        letGo();
      }
      return placed;
    }

    private Answer<Page<S>> inTurn(boolean pause, boolean strict) {
      tellOnce();
      join();
      try {
        if (pause && !hearer.await()) {
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
      boolean usable = false;
      try {
        boolean agreed = bell.asks(hearer) || strict;
        Answer<Page<S>> answer =
            ask(poll -> agreed ? poll.confirm() : poll.next(OptionalLong.empty()));
        usable = answer instanceof Answer.Ok;
        return answer;
      } finally {
        hearer.answered(usable);
        turns.release();
      }
    }

    private synchronized void join() {
      if (heard && !closed) {
        bell.join(hearer);
      }
    }

    private Answer<Page<S>> ask(Function<Poll<S>, Answer<Page<S>>> question) {
      Poll<S> poll;
      synchronized (this) {
        if (closed) {
          return ended();
        }
        if (current == null) {
          current = open.apply(placed ? catalog : shared);
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
    public Optional<Duration> vouched() {
      return hearer.vouched();
    }

    @Override
    public synchronized void close() {
      closed = true;
      hearer.close();
      bell.leave(hearer);
      letGo();
      if (placed) {
        placed = false;
        free.release();
      }
    }
  }
}
