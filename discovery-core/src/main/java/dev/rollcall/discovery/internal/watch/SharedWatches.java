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
 * The watches of one kind: those of equal topics share one. Not thread-safe.
 *
 * @param <S> what is known of each at one moment
 */
public final class SharedWatches<S> {

  private final Map<WatchTarget<S>, SharedWatch<S>> watches = new HashMap<>();
  private final CatalogApi catalog;
  private final Threads threads;
  private final RuntimeContext means;
  private final Duration answerBound;

  public SharedWatches(
      CatalogApi catalog, Threads threads, RuntimeContext means, Duration answerBound) {
    this.catalog = catalog;
    this.threads = threads;
    this.means = means;
    this.answerBound = answerBound;
  }

  public Watched<S> watch(WatchTarget<S> topic, Consumer<? super S> listener) {
    SharedWatch<S> known = watches.get(topic);
    Optional<Watched<S>> joined = known == null ? Optional.empty() : known.add(listener);
    return joined.orElseGet(() -> open(topic).add(listener).orElseThrow());
  }

  private SharedWatch<S> open(WatchTarget<S> topic) {
    SharedWatch<S> opened =
        new SharedWatch<>(
            topic.name(),
            threads,
            means,
            changed ->
                new WatchLoop<>(
                    topic, topic.open(catalog), means, catalog.pace(), answerBound, changed));
    watches.values().removeIf(SharedWatch::isClosed);
    watches.put(topic, opened);
    return opened;
  }

  public Stream<WatchHealth> health() {
    return watches.values().stream().filter(watch -> !watch.isClosed()).map(SharedWatch::health);
  }

  public void close() {
    watches.values().forEach(SharedWatch::close);
    watches.clear();
  }
}
