package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.DiscoveryHealth.WatchHealth;
import dev.rollcall.discovery.Watched;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.RepeatingTask;
import dev.rollcall.discovery.internal.concurrent.Threads;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One query, one connection if there is one for it, one thread, and all who watch it. Thread-safe.
 * Starts with the first watch and ends with the last.
 *
 * @param <S> what is known of it at one moment
 */
final class SharedWatch<S> {

  private final String name;
  private final Threads threads;
  private final RuntimeContext means;
  private final WatchLoop<S> loop;
  private final RepeatingTask steps;
  private final Set<Subscription> handles = new LinkedHashSet<>();
  private boolean started;

  SharedWatch(
      String name,
      Threads threads,
      RuntimeContext means,
      Function<Consumer<S>, WatchLoop<S>> loop) {
    this.name = name;
    this.threads = threads;
    this.means = means;
    this.loop = loop.apply(this::publish);
    steps = new RepeatingTask(means.clock(), this.loop::step, this::failed);
  }

  private Duration failed(Throwable e) {
    return loop.failed(new ConsulFailure(ConsulFailure.Kind.MALFORMED, e.toString()), e);
  }

  /** Adds one who watches, or returns empty if the last one has gone. */
  synchronized Optional<Watched<S>> add(Consumer<? super S> listener) {
    if (isClosed()) {
      return Optional.empty();
    }
    Subscription handle =
        new Subscription(new LatestValueDispatcher<>(name, listener, threads.listeners(), means));
    handles.add(handle);
    loop.current().ifPresent(handle.mailbox::offer);
    if (!started) {
      started = true;
      steps.start(threads, steps);
    }
    return Optional.of(handle);
  }

  private synchronized void publish(S snapshot) {
    handles.forEach(handle -> handle.mailbox.offer(snapshot));
  }

  WatchHealth health() {
    return new WatchHealth(name, loop.age(), loop.stale());
  }

  boolean isClosed() {
    return steps.isClosed();
  }

  synchronized void close() {
    handles.forEach(handle -> handle.mailbox.close());
    handles.clear();
    steps.close();
    loop.close();
  }

  private synchronized void remove(Subscription handle) {
    handle.mailbox.close();
    if (handles.remove(handle) && handles.isEmpty()) {
      close();
    }
  }

  /** One who watches. */
  private final class Subscription implements Watched<S> {
    private final LatestValueDispatcher<S> mailbox;

    Subscription(LatestValueDispatcher<S> mailbox) {
      this.mailbox = mailbox;
    }

    @Override
    public Optional<S> current() {
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
    public void close() {
      remove(this);
    }
  }
}
