package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells queries that have no connection of their own when to ask, so that they need not ask to find
 * out that nothing has changed. Two blocking queries do for all of them: one for the checks of all
 * services, which tells whose health has changed, and one for all services, which ends for what
 * changes no check, but does not tell in which of them. As long as both get answers, a query that
 * has nothing to ask is as sure of its last answer as they are. Thread-safe; at work while anybody
 * hears.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/health#list-checks-in-state">List
 *     checks in state</a>
 */
final class Bell {

  /** How many connections it holds. */
  static final int CONNECTIONS = 2;

  /** How often a query is asked at most for what it is not known to be concerned by. */
  private static final Duration APART = Duration.ofSeconds(2);

  /** The checks may tell which service it was, and do so at about the same time. */
  private static final Duration GRACE = Duration.ofMillis(100);

  private static final Duration SOON = Duration.ofMillis(500);

  /** For those whom it concerns only if two things happened at once. */
  private static final Duration CALM = Duration.ofSeconds(5);

  /** What neither query shows, such as another address of a node, is seen after that. */
  private static final Duration SELDOM = Duration.ofMinutes(1);

  /** What it takes to read one check, many times over: the bell itself must cost little. */
  private static final Duration REST_FOR_A_CHECK = Duration.ofNanos(100_000);

  private final Catalog catalog;
  private final Threads threads;
  private final Means means;
  private final Clock clock;
  private final Set<Hearer> hearers = new LinkedHashSet<>();
  private List<BellRope<?>> ropes = List.of();
  private @Nullable Fingerprints checks;
  private @Nullable Long services;
  private long checksAt;
  private long servicesAt;

  /** When checks last told which service it was. */
  private long movedAt;

  Bell(Catalog catalog, Threads threads, Means means) {
    this.catalog = catalog;
    this.threads = threads;
    this.means = means;
    clock = means.clock();
    movedAt = clock.nanoTime() - CALM.toNanos();
  }

  /** From now on it is told. */
  synchronized void join(Hearer hearer) {
    if (hearers.add(hearer) && ropes.isEmpty()) {
      ropes = List.of(checksRope(), servicesRope());
      ropes.forEach(rope -> threads.watch(rope).start());
    }
  }

  /** It is told no longer. Idempotent. */
  synchronized void leave(Hearer hearer) {
    if (hearers.remove(hearer) && hearers.isEmpty()) {
      ropes.forEach(BellRope::close);
      ropes = List.of();
      checks = null;
      services = null;
    }
  }

  /**
   * It is being asked, and need not be again for some time unless it is told. Returns whether it
   * would be: then the answer must be what the servers agree on, as what is older would be vouched
   * for.
   */
  synchronized boolean asks(Hearer hearer) {
    boolean rings = rings() && hearers.contains(hearer);
    hearer.asks(rings ? SELDOM.plus(within(SELDOM)) : APART);
    return rings;
  }

  private boolean rings() {
    return checks != null && services != null;
  }

  private BellRope<Fingerprints> checksRope() {
    return new BellRope<>(
        "the checks of all services",
        catalog.checks(),
        means,
        catalog.pace(),
        new BellRope.Hearing<>() {
          @Override
          public Duration answered(Fingerprints found, long index, boolean anew) {
            checksAnswered(found, anew);
            return REST_FOR_A_CHECK.multipliedBy(found.checks());
          }

          @Override
          public void lost() {
            checksLost();
          }
        });
  }

  private BellRope<CatalogServices> servicesRope() {
    // What is not so yet for all servers must not be vouched for.
    CatalogQuery all = CatalogQuery.services().consistency(Consistency.CONSISTENT);
    return new BellRope<>(
        "all services",
        catalog.services(all),
        means,
        catalog.pace(),
        new BellRope.Hearing<>() {
          @Override
          public Duration answered(CatalogServices found, long index, boolean anew) {
            servicesAnswered(index, anew);
            return Duration.ZERO;
          }

          @Override
          public void lost() {
            servicesLost();
          }
        });
  }

  private synchronized void checksAnswered(Fingerprints found, boolean anew) {
    Fingerprints before = checks;
    checks = found;
    checksAt = clock.nanoTime();
    if (before == null || anew || before.nodes() != found.nodes()) {
      ringAll(APART, SOON);
    } else {
      ringThose(found.movedSince(before));
    }
    vouch();
  }

  private void ringThose(Set<String> moved) {
    if (moved.isEmpty()) {
      return;
    }
    movedAt = checksAt;
    for (Hearer hearer : hearers) {
      if (hearer.service().filter(moved::contains).isPresent()) {
        hearer.ring();
      } else {
        hearer.calm(CALM, within(CALM));
      }
    }
  }

  private synchronized void servicesAnswered(long index, boolean anew) {
    Long before = services;
    services = index;
    servicesAt = clock.nanoTime();
    if (before == null || anew) {
      ringAll(APART, SOON);
    } else if (before != index) {
      ringPerhaps(clock.since(movedAt).compareTo(GRACE) <= 0);
    }
    vouch();
  }

  /** Something was registered, changed or removed. */
  private void ringPerhaps(boolean told) {
    for (Hearer hearer : hearers) {
      if (hearer.service().isEmpty()) {
        hearer.ring();
      } else if (told) {
        hearer.ringPerhaps(CALM, within(CALM));
      } else {
        hearer.ringPerhaps(APART, GRACE.plus(within(SOON)));
      }
    }
  }

  private synchronized void checksLost() {
    boolean rang = rings();
    checks = null;
    fallSilent(rang);
  }

  private synchronized void servicesLost() {
    boolean rang = rings();
    services = null;
    fallSilent(rang);
  }

  /** Now they must ask to find out. */
  private void fallSilent(boolean rang) {
    if (rang) {
      ringAll(APART, APART);
    }
  }

  private void ringAll(Duration apart, Duration spread) {
    hearers.forEach(hearer -> hearer.ringLater(apart, within(spread)));
  }

  private void vouch() {
    if (rings()) {
      long at = Math.min(checksAt, servicesAt);
      hearers.forEach(hearer -> hearer.vouch(at));
    }
  }

  private Duration within(Duration spread) {
    return Duration.ofNanos(means.random().nextLong(spread.toNanos()));
  }
}
