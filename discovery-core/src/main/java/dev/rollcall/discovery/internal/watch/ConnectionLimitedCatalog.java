package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CheckHashes;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.Threads;
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
 * asks without blocking when the {@link CatalogChangeNotifier} tells it to; those that it does not
 * speak for, and all while it does not ring, ask every now and then. Each gets a place of its own
 * when one becomes free.
 */
public final class ConnectionLimitedCatalog implements CatalogApi {

  /** How many queries without a place may ask at once. */
  static final int TURNS = 2;

  /** A connection that was closed still counts for the agent while the next one is opened. */
  private static final int CLOSING = 2;

  /** How many connections are not for queries with a place. */
  public static final int RESERVED = TURNS + CatalogChangeNotifier.CONNECTIONS + CLOSING;

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");
  private static final Duration LONGEST_QUEUE = Duration.ofSeconds(10);

  private final CatalogApi catalog;
  private final CatalogApi shared;
  private final CatalogChangeNotifier bell;
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
  public ConnectionLimitedCatalog(
      CatalogApi catalog, int places, Threads threads, RuntimeContext means) {
    this.catalog = catalog;
    this.places = places;
    clock = means.clock();
    shared = catalog.sharing(TURNS);
    bell = new CatalogChangeNotifier(catalog, threads, means);
    free = new Semaphore(places);
  }

  @Override
  public BlockingQuery<Snapshot> instances(ServiceQuery query) {
    boolean heard = isHeard(query.datacenter(), query.consistency()) && !query.cached();
    return new LimitedQuery<>(from -> from.instances(query), Optional.of(query.service()), heard);
  }

  @Override
  public BlockingQuery<CatalogServices> services(CatalogQuery query) {
    boolean heard = isHeard(query.datacenter(), query.consistency());
    return new LimitedQuery<>(from -> from.services(query), Optional.empty(), heard);
  }

  /** Other datacenters have other checks; and who may be told what is old gains nothing by news. */
  private static boolean isHeard(Optional<String> datacenter, Consistency consistency) {
    return datacenter.isEmpty() && consistency != Consistency.STALE;
  }

  @Override
  public BlockingQuery<CheckHashes> checks() {
    return catalog.checks();
  }

  @Override
  public BlockingQuery<Integer> nodes() {
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

  private final class LimitedQuery<S> implements BlockingQuery<S> {
    private final Function<CatalogApi, BlockingQuery<S>> open;
    private final boolean heard;
    private final PollSchedule hearer;
    private @Nullable BlockingQuery<S> current;
    private boolean placed;
    private boolean closed;

    LimitedQuery(
        Function<CatalogApi, BlockingQuery<S>> open, Optional<String> service, boolean heard) {
      this.open = open;
      this.heard = heard;
      hearer = new PollSchedule(service, clock);
    }

    @Override
    public Result<QueryResult<S>> run(OptionalLong index) {
      return takePlace() ? ask(poll -> poll.run(index)) : inTurn(index.isPresent(), false);
    }

    @Override
    public Result<QueryResult<S>> runConsistent() {
      return takePlace() ? ask(BlockingQuery::runConsistent) : inTurn(false, true);
    }

    private synchronized boolean takePlace() {
      if (!placed && !closed && free.tryAcquire()) {
        placed = true;
        bell.leave(hearer);
        letGo();
      }
      return placed;
    }

    private Result<QueryResult<S>> inTurn(boolean pause, boolean strict) {
      tellOnce();
      join();
      try {
        if (pause && !hearer.await()) {
          return ended();
        }
        if (!turns.tryAcquire(LONGEST_QUEUE.toNanos(), TimeUnit.NANOSECONDS)) {
          return Result.failed(
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
        Result<QueryResult<S>> answer =
            ask(poll -> agreed ? poll.runConsistent() : poll.run(OptionalLong.empty()));
        usable = answer instanceof Result.Ok;
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

    private Result<QueryResult<S>> ask(
        Function<BlockingQuery<S>, Result<QueryResult<S>>> question) {
      BlockingQuery<S> poll;
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

    private Result<QueryResult<S>> ended() {
      return Result.failed(ConsulFailure.Kind.UNAVAILABLE, "the query was closed");
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
