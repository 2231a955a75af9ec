package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.DiscoveryHealth.WatchHealth;
import dev.rollcall.discovery.Watched;
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
final class SharedWatches<S> {

  private final Map<Topic<S>, SharedWatch<S>> watches = new HashMap<>();
  private final Catalog catalog;
  private final Threads threads;
  private final Means means;
  private final Duration answerBound;

  SharedWatches(Catalog catalog, Threads threads, Means means, Duration answerBound) {
    this.catalog = catalog;
    this.threads = threads;
    this.means = means;
    this.answerBound = answerBound;
  }

  Watched<S> watch(Topic<S> topic, Consumer<? super S> listener) {
    SharedWatch<S> known = watches.get(topic);
    Optional<Watched<S>> joined = known == null ? Optional.empty() : known.add(listener);
    return joined.orElseGet(() -> open(topic).add(listener).orElseThrow());
  }

  private SharedWatch<S> open(Topic<S> topic) {
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

  Stream<WatchHealth> health() {
    return watches.values().stream().filter(watch -> !watch.isClosed()).map(SharedWatch::health);
  }

  void close() {
    watches.values().forEach(SharedWatch::close);
    watches.clear();
  }
}
