package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.DiscoveryHealth.WatchHealth;
import dev.rollcall.discovery.Watched;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Threads;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The watches of one kind: those of equal targets share one. Not thread-safe.
 *
 * @param <S> what is known of each at one moment
 */
public final class SharedWatches<S> {

  private final Map<WatchTarget<S>, SharedWatch<S>> watches = new HashMap<>();
  private final CatalogApi catalog;
  private final Threads threads;
  private final RuntimeContext context;
  private final Duration staleAfter;

  /**
   * No watches yet.
   *
   * @param staleAfter how long Consul may take to answer before what is known counts as stale
   */
  public SharedWatches(
      CatalogApi catalog, Threads threads, RuntimeContext context, Duration staleAfter) {
    this.catalog = catalog;
    this.threads = threads;
    this.context = context;
    this.staleAfter = staleAfter;
  }

  /** Watches a target, with those who watch it already. */
  public Watched<S> watch(WatchTarget<S> target, Consumer<? super S> listener) {
    SharedWatch<S> known = watches.get(target);
    Optional<Watched<S>> joined = known == null ? Optional.empty() : known.add(listener);
    return joined.orElseGet(() -> open(target).add(listener).orElseThrow());
  }

  private SharedWatch<S> open(WatchTarget<S> target) {
    SharedWatch<S> opened = new SharedWatch<>(target, catalog, threads, context, staleAfter);
    watches.values().removeIf(SharedWatch::isClosed);
    watches.put(target, opened);
    return opened;
  }

  /** How those that are open are doing. */
  public Stream<WatchHealth> health() {
    return watches.values().stream().filter(watch -> !watch.isClosed()).map(SharedWatch::health);
  }

  /** Ends all. */
  public void close() {
    watches.values().forEach(SharedWatch::close);
    watches.clear();
  }
}
