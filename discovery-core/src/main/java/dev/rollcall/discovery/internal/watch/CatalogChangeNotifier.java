package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.CheckHashes;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.Threads;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tells queries that have no connection of their own when to ask, so that they need not ask to find
 * out that nothing has changed. Three blocking queries do for all of them: one for the checks of
 * all services, which tells whose health has changed, and one each for all services and all nodes,
 * which end for what changes no check, but do not tell whom it concerns. As long as all three get
 * answers, a query that has nothing to ask is as sure of its last answer as they are. Thread-safe;
 * at work while anybody hears.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/health#list-checks-in-state">List
 *     checks in state</a>
 */
final class CatalogChangeNotifier {

  /** How many connections it holds. */
  static final int CONNECTIONS = 3;

  /** How often a query is asked at most for what it is not known to be concerned by. */
  private static final Duration APART = Duration.ofSeconds(2);

  /** The checks may tell which service it was, and do so at about the same time. */
  private static final Duration GRACE = Duration.ofMillis(100);

  private static final Duration SOON = Duration.ofMillis(500);

  /** For those whom it concerns only if two things happened at once. */
  private static final Duration CALM = Duration.ofSeconds(5);

  /** Nothing is known that none of the queries shows: if there is, it is seen after that. */
  private static final Duration SELDOM = Duration.ofMinutes(5);

  /** What it takes to read one check, many times over: the bell itself must cost little. */
  private static final Duration REST_FOR_A_CHECK = Duration.ofNanos(100_000);

  private final CatalogApi catalog;
  private final Threads threads;
  private final RuntimeContext means;
  private final Clock clock;
  private final Set<PollSchedule> hearers = new LinkedHashSet<>();
  private List<CatalogChangeQuery<?>> ropes = List.of();
  private final Told<CheckHashes, CheckHashes> checks =
      new Told<>(QueryResult::found, this::checksMoved);
  private final Told<CatalogServices, Long> services =
      new Told<>(QueryResult::index, (before, now) -> servicesMoved());
  private final Told<Integer, Long> nodes =
      new Told<>(QueryResult::index, (before, now) -> ringAll(APART, SOON));

  /** When checks last told which service it was. */
  private long movedAt;

  CatalogChangeNotifier(CatalogApi catalog, Threads threads, RuntimeContext means) {
    this.catalog = catalog;
    this.threads = threads;
    this.means = means;
    clock = means.clock();
    movedAt = clock.nanoTime() - CALM.toNanos();
  }

  /** From now on it is told. */
  synchronized void join(PollSchedule hearer) {
    if (hearers.add(hearer) && ropes.isEmpty()) {
      ropes = ropes();
      ropes.forEach(rope -> rope.start(threads));
    }
  }

  /** It is told no longer. Idempotent. */
  synchronized void leave(PollSchedule hearer) {
    if (hearers.remove(hearer) && hearers.isEmpty()) {
      ropes.forEach(CatalogChangeQuery::close);
      ropes = List.of();
      checks.last = null;
      services.last = null;
      nodes.last = null;
    }
  }

  /**
   * It is being asked, and need not be again for some time unless it is told. Returns whether it
   * would be: then the answer must be what the servers agree on, as what is older would be vouched
   * for.
   */
  synchronized boolean asks(PollSchedule hearer) {
    boolean rings = rings() && hearers.contains(hearer);
    hearer.asks(rings ? SELDOM.plus(within(SELDOM)) : APART);
    return rings;
  }

  private boolean rings() {
    return checks.last != null && services.last != null && nodes.last != null;
  }

  private List<CatalogChangeQuery<?>> ropes() {
    // What is not so yet for all servers must not be vouched for.
    CatalogQuery all = CatalogQuery.services().consistency(Consistency.CONSISTENT);
    return List.of(
        rope(
            "the checks of all services",
            catalog.checks(),
            checks,
            found -> REST_FOR_A_CHECK.multipliedBy(found.checks())),
        rope("all services", catalog.services(all), services, found -> Duration.ZERO),
        rope("all nodes", catalog.nodes(), nodes, found -> Duration.ZERO));
  }

  private <S> CatalogChangeQuery<S> rope(
      String name, BlockingQuery<S> poll, Told<S, ?> told, Function<S, Duration> rest) {
    return new CatalogChangeQuery<>(name, poll, means, catalog.pace(), rest, told);
  }

  private void checksMoved(CheckHashes before, CheckHashes now) {
    if (before.nodes() != now.nodes()) {
      ringAll(APART, SOON);
    }
    ringThose(now.movedSince(before));
  }

  private void ringThose(Set<String> moved) {
    if (moved.isEmpty()) {
      return;
    }
    movedAt = checks.at;
    for (PollSchedule hearer : hearers) {
      if (hearer.service().filter(moved::contains).isPresent()) {
        hearer.ring();
      } else {
        hearer.calm(CALM, within(CALM));
      }
    }
  }

  /** Something was registered, changed or removed. */
  private void servicesMoved() {
    boolean told = clock.since(movedAt).compareTo(GRACE) <= 0;
    for (PollSchedule hearer : hearers) {
      if (hearer.service().isEmpty()) {
        hearer.ring();
      } else if (told) {
        hearer.ringPerhaps(CALM, within(CALM));
      } else {
        hearer.ringPerhaps(APART, GRACE.plus(within(SOON)));
      }
    }
  }

  private void ringAll(Duration apart, Duration spread) {
    hearers.forEach(hearer -> hearer.ringLater(apart, within(spread)));
  }

  private void vouch() {
    if (rings()) {
      long at = Math.min(checks.at, Math.min(services.at, nodes.at));
      hearers.forEach(hearer -> hearer.vouch(at));
    }
  }

  private Duration within(Duration spread) {
    return Duration.ofNanos(means.random().nextLong(spread.toNanos()));
  }

  /**
   * What one of the queries has told.
   *
   * @param <S> what it finds
   * @param <K> what of it tells a change
   */
  private final class Told<S, K> implements CatalogChangeQuery.Hearing<S> {
    private final Function<QueryResult<S>, K> kept;
    private final BiConsumer<K, K> moved;
    private @Nullable K last;
    private long at;

    /** Nothing yet; it will say from what to what it has changed. */
    Told(Function<QueryResult<S>, K> kept, BiConsumer<K, K> moved) {
      this.kept = kept;
      this.moved = moved;
    }

    @Override
    public void answered(QueryResult<S> page, boolean anew) {
      K now = kept.apply(page);
      synchronized (CatalogChangeNotifier.this) {
        K before = last;
        last = now;
        at = clock.nanoTime();
        if (before == null || anew) {
          ringAll(APART, SOON);
        } else if (!before.equals(now)) {
          moved.accept(before, now);
        }
        vouch();
      }
    }

    /** Now everybody must ask to find out. */
    @Override
    public void lost() {
      synchronized (CatalogChangeNotifier.this) {
        boolean rang = rings();
        last = null;
        if (rang) {
          ringAll(APART, APART);
        }
      }
    }
  }
}
