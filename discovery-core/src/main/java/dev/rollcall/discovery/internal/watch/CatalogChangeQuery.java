package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.OutageLog;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Backoff;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.RepeatingTask;
import dev.rollcall.discovery.internal.concurrent.Threads;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A blocking query of which every answer is passed on, also one that says that nothing changed.
 *
 * @param <S> what it finds
 */
final class CatalogChangeQuery<S> implements Runnable {

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final BlockingQuery<S> poll;
  private final Clock clock;
  private final Function<S, Duration> rest;
  private final Hearing<S> hearing;
  private final WatchIndex index = new WatchIndex();
  private final TokenBucket bucket;
  private final Backoff backoff;
  private final OutageLog outage;
  private final RepeatingTask steps;

  /** Who is told; by one thread at a time. */
  interface Hearing<S> {

    /**
     * Consul answered, maybe what it did before.
     *
     * @param anew whether something may have changed before, unnoticed
     */
    void answered(QueryResult<S> page, boolean anew);

    /** Consul gave no usable answer. */
    void lost();
  }

  /**
   * A query that has not asked yet.
   *
   * @param name what people call it
   * @param pace how often to ask in the long run
   * @param rest how much longer to leave Consul alone after an answer
   */
  CatalogChangeQuery(
      String name,
      BlockingQuery<S> poll,
      RuntimeContext means,
      Duration pace,
      Function<S, Duration> rest,
      Hearing<S> hearing) {
    this.poll = poll;
    this.rest = rest;
    this.hearing = hearing;
    clock = means.clock();
    bucket = new TokenBucket(pace, clock.nanoTime());
    backoff = new Backoff(LONGEST_PAUSE, means.random());
    outage = new OutageLog("Watch of " + name, clock);
    steps = new RepeatingTask(clock, this::step, this::failed);
  }

  /** Begins. */
  void start(Threads threads) {
    steps.start(threads, this);
  }

  @Override
  public void run() {
    steps.run();
  }

  private Duration failed(Throwable e) {
    return failed(new ConsulFailure(ConsulFailure.Kind.MALFORMED, e.toString()), e);
  }

  /** Asks once. Returns how long to wait before the next step. */
  Duration step() {
    boolean first = index.next().isEmpty();
    Result<QueryResult<S>> answer = poll.run(index.next());
    if (steps.isClosed()) {
      return Duration.ZERO;
    }
    if (!(answer instanceof Result.Ok<QueryResult<S>> ok)) {
      return failed(((Result.Failed<QueryResult<S>>) answer).failure(), null);
    }
    QueryResult<S> page = ok.value();
    boolean back = index.answered(page.index());
    backoff.reset();
    outage.over();
    hearing.answered(page, first || back);
    return bucket.take(clock.nanoTime()).plus(rest.apply(page.found()));
  }

  private Duration failed(ConsulFailure failure, @Nullable Throwable unexpected) {
    index.reset();
    hearing.lost();
    outage.failed(failure, unexpected);
    return backoff.next();
  }

  /** Ends it, and the connection. From any thread; idempotent. */
  void close() {
    steps.close();
    poll.close();
  }
}
