package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.AnswerSource;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.DiscoveryHealth.WatchHealth;
import dev.rollcall.discovery.Watched;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.RepeatingTask;
import dev.rollcall.discovery.internal.concurrent.Threads;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The watches of one kind: those of equal targets share one. Not thread-safe.
 *
 * @param <S> what is known of each at one moment
 */
public final class SharedWatches<S> {

  private final Map<WatchTarget<S>, SharedWatch> watches = new HashMap<>();
  private final CatalogApi catalog;
  private final Threads threads;
  private final Executor listeners;
  private final RuntimeContext context;
  private final Duration staleAfter;

  /**
   * No watches yet.
   *
   * @param listeners runs the listeners; must take every task, and not run it in the caller
   * @param staleAfter how long Consul may take to answer before what is known counts as stale
   */
  public SharedWatches(
      CatalogApi catalog,
      Threads threads,
      Executor listeners,
      RuntimeContext context,
      Duration staleAfter) {
    this.catalog = catalog;
    this.threads = threads;
    this.listeners = listeners;
    this.context = context;
    this.staleAfter = staleAfter;
  }

  /** Watches a target, with those who watch it already. */
  public Watched<S> watch(WatchTarget<S> target, Consumer<? super S> listener) {
    SharedWatch known = watches.get(target);
    Optional<Watched<S>> joined = known == null ? Optional.empty() : known.add(listener);
    return joined.orElseGet(() -> open(target).add(listener).orElseThrow());
  }

  private SharedWatch open(WatchTarget<S> target) {
    SharedWatch opened = new SharedWatch(target);
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

  /**
   * One query, one thread, and all who watch it. Starts with the first watch and ends with the
   * last. Thread-safe.
   */
  private final class SharedWatch {

    private final String name;
    private final WatchLoop<S> loop;
    private final RepeatingTask steps;
    private final Set<Subscription> subscriptions = new LinkedHashSet<>();
    private boolean started;

    /** Open once there is a snapshot, or none will come. */
    private final CountDownLatch first = new CountDownLatch(1);

    SharedWatch(WatchTarget<S> target) {
      name = target.name();
      loop =
          new WatchLoop<>(
              target, target.open(catalog), context, catalog.pace(), staleAfter, this::publish);
      steps = new RepeatingTask(context.clock(), loop::step, this::failed);
    }

    private Duration failed(Throwable e) {
      return loop.failed(new ConsulFailure(ConsulFailure.Kind.MALFORMED, e.toString()), e);
    }

    /** Adds one who watches, or returns empty if the last one has gone. */
    synchronized Optional<Watched<S>> add(Consumer<? super S> listener) {
      if (isClosed()) {
        return Optional.empty();
      }
      Subscription added =
          new Subscription(new LatestValueDispatcher<>(name, listener, listeners, context));
      subscriptions.add(added);
      loop.current().ifPresent(added.dispatcher::offer);
      if (!started) {
        started = true;
        steps.start(threads);
      }
      return Optional.of(added);
    }

    private synchronized void publish(S snapshot) {
      first.countDown();
      subscriptions.forEach(each -> each.dispatcher.offer(snapshot));
    }

    WatchHealth health() {
      return new WatchHealth(name, loop.age(), loop.stale());
    }

    boolean isClosed() {
      return steps.isClosed();
    }

    synchronized void close() {
      first.countDown();
      subscriptions.forEach(each -> each.dispatcher.close());
      subscriptions.clear();
      steps.close();
      loop.close();
    }

    private synchronized void remove(Subscription subscription) {
      subscription.dispatcher.close();
      if (subscriptions.remove(subscription) && subscriptions.isEmpty()) {
        close();
      }
    }

    private final class Subscription implements Watched<S> {
      private final LatestValueDispatcher<S> dispatcher;

      Subscription(LatestValueDispatcher<S> dispatcher) {
        this.dispatcher = dispatcher;
      }

      @Override
      public Optional<S> current() {
        return loop.current();
      }

      @Override
      public Optional<S> awaitFirst(Duration timeout) throws InterruptedException {
        // In real time: what a registry in memory answers takes none of its own.
        boolean unused = Clock.system().await(first, timeout);
        return loop.current();
      }

      @Override
      public Duration age() {
        return loop.age();
      }

      @Override
      public boolean stale() {
        return loop.stale();
      }

      @Override
      public List<String> leftOut() {
        return loop.leftOut();
      }

      @Override
      public Optional<AnswerSource> source() {
        return loop.source();
      }

      @Override
      public void close() {
        remove(this);
      }
    }
  }
}
