package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.AnswerSource;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.OutageLog;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.api.SafeListener;
import dev.rollcall.discovery.internal.concurrent.Backoff;
import dev.rollcall.discovery.internal.concurrent.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repeats one blocking query and keeps the last answer, through every outage. {@link #step()} is
 * called by one thread at a time; the rest may be read from any.
 *
 * @param <S> what it finds
 */
final class WatchLoop<S> {

  private static final Logger log = LoggerFactory.getLogger(WatchLoop.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
  private static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(1);

  /** As many as fit into a URL that a proxy takes; where more went, all is asked for. */
  private static final int MOST_IDS = 32;

  private final WatchTarget<S> target;
  private final BlockingQuery<S> query;
  private final Clock clock;
  private final SafeListener events;
  private final Consumer<S> changed;
  private final Duration staleAfter;
  private final WatchIndex index = new WatchIndex();
  private final TokenBucket bucket;
  private final Backoff backoff;
  private final OutageLog outageLog;
  private volatile Set<String> leftOut = Set.of();

  private volatile @Nullable S current;
  private volatile Confirmation last;

  /** Of the last answer to a query that waited, as long as there is one. */
  private volatile Optional<AnswerSource> source = Optional.empty();

  /** Whether the last answer that was taken came out of a stream of events. */
  private boolean streamed;

  private volatile boolean failing;
  private volatile boolean closed;

  /** The last one that was published; another than {@code current} if publishing failed. */
  private @Nullable S published;

  /**
   * How far an answer can be trusted.
   *
   * @param at when it came
   * @param lag how long before Consul was last sure of it
   * @param certain whether Consul would have known of a change
   */
  private record Confirmation(long at, Duration lag, boolean certain) {

    Duration age(Clock clock) {
      return clock.since(at).plus(lag);
    }

    /** An agent that has lost the servers may say that it did so before it last had them. */
    Confirmation orOf(Confirmation before, Clock clock) {
      return certain || before.age(clock).compareTo(age(clock)) >= 0
          ? this
          : new Confirmation(before.at, before.lag, false);
    }
  }

  /**
   * A loop that has not sent its query yet.
   *
   * @param pace the shortest interval between queries in the long run
   * @param staleAfter how long Consul may take to answer before what is known counts as stale
   * @param changed gets each new snapshot, on the thread that calls {@link #step()}
   */
  WatchLoop(
      WatchTarget<S> target,
      BlockingQuery<S> query,
      RuntimeContext context,
      Duration pace,
      Duration staleAfter,
      Consumer<S> changed) {
    this.target = target;
    this.query = query;
    this.clock = context.clock();
    this.events = context.listener();
    this.staleAfter = staleAfter;
    this.changed = changed;
    bucket = new TokenBucket(pace, clock.nanoTime());
    backoff = new Backoff(LONGEST_PAUSE, context.random());
    outageLog = new OutageLog("Watch of " + target.name(), clock);
    last = new Confirmation(clock.nanoTime(), Duration.ZERO, true);
  }

  /** Sends the query once. Returns how long to wait before the next step. */
  Duration step() {
    long asked = clock.nanoTime();
    Result<QueryResult<S>> answer = ask();
    if (closed) {
      return Duration.ZERO;
    }
    if (answer instanceof Result.Ok<QueryResult<S>> ok) {
      answered(ok.value(), asked);
      return bucket.take(clock.nanoTime());
    }
    return failed(((Result.Failed<QueryResult<S>>) answer).failure(), null);
  }

  private Result<QueryResult<S>> ask() {
    OptionalLong since = index.next();
    Result<QueryResult<S>> answer = query.run(since);
    if (answer instanceof Result.Ok<QueryResult<S>> ok && !closed) {
      if (since.isPresent() || source.isEmpty()) {
        source = ok.value().source();
      }
      if (isFromEarlierState(ok.value()) || isUnchangedForLong(ok.value())) {
        answer = query.run(OptionalLong.empty());
      }
    }
    return answer instanceof Result.Ok<QueryResult<S>> ok && !closed ? believed(ok) : answer;
  }

  /** The answer, or what takes its place as the leader knows better; or the leader is not there. */
  private Result<QueryResult<S>> believed(Result.Ok<QueryResult<S>> answer) {
    S known = current;
    QueryResult<S> page = answer.value();
    if (known == null) {
      return answer;
    }
    if (target.needsConfirmation(known, page.found())) {
      return query.runConsistent();
    }
    Set<String> doubtful = target.doubtful(known, page);
    if (doubtful.isEmpty()) {
      return answer;
    }
    if (doubtful.size() > MOST_IDS) {
      return query.runConsistent();
    }
    if (target.haveLeft(doubtful, known, page.found(), query)) {
      return answer;
    }
    Result<QueryResult<S>> leader = query.runConsistent(doubtful);
    if (!(leader instanceof Result.Ok<QueryResult<S>> said)) {
      return leader;
    }
    return target.agrees(doubtful, page.found(), said.value().found())
        ? answer
        : query.runConsistent();
  }

  /**
   * Whether an answer tells of something else, and has an index that is lower than the one that was
   * waited for. An agent whose stream of events begins anew, because a snapshot was restored or a
   * token removed, knows nothing for a moment, and a wait that ends then gets that: without
   * instances, with index 1. It is news only if a question that does not wait gets it too.
   */
  private boolean isFromEarlierState(QueryResult<S> page) {
    return index.wouldGoBack(page.index()) && current != null && !page.found().equals(current);
  }

  /**
   * Whether an answer out of a stream of events says that nothing has changed, as it also would if
   * the stream came from a server that is cut off from the others, and the last one that is known
   * to be true is old.
   */
  private boolean isUnchangedForLong(QueryResult<S> page) {
    return page.isStreamed()
        && page.found().equals(current)
        && last.age(clock).compareTo(staleAfter.dividedBy(3)) > 0;
  }

  private void answered(QueryResult<S> page, long asked) {
    S found = page.found();
    boolean differs = !found.equals(current);
    // The agent's view counts otherwise than the servers do.
    boolean comparable = differs || page.isStreamed() == streamed;
    streamed = page.isStreamed();
    if (index.answered(page.index(), comparable)) {
      events.tell(target::indexWentBack);
    }
    if (page.confirmed()) {
      backoff.reset();
      outageLog.over();
    }
    if (differs) {
      current = found;
      last = of(page);
    } else if (!streamed) {
      last = of(page).orOf(last, clock);
    }
    failing = false;
    reportLeftOut(page);
    events.tell(to -> target.answered(to, differs, clock.since(asked)));
    publish(found);
  }

  private Confirmation of(QueryResult<S> page) {
    return new Confirmation(clock.nanoTime(), page.lag(), page.confirmed());
  }

  /**
   * A snapshot that could not be published is published after the next answer, if that is the same.
   */
  private void publish(S found) {
    if (!found.equals(published)) {
      changed.accept(found);
      published = found;
    }
  }

  private void reportLeftOut(QueryResult<S> page) {
    Set<String> now = new HashSet<>(page.leftOut());
    for (String reason : now) {
      if (!leftOut.contains(reason)) {
        log.warn("Watch of {}: left out {}", target.name(), reason);
        events.tell(to -> target.leftOut(to, reason));
      }
    }
    leftOut = now;
  }

  /** Notes a query that failed. Returns the back-off before the next step. */
  Duration failed(ConsulFailure failure, @Nullable Throwable unexpected) {
    // Consul may come back with other data and lower indexes: the next query has no index.
    index.reset();
    failing = true;
    outageLog.failed(failure, unexpected);
    events.tell(to -> target.failed(to, failure));
    return backoff.next(Collections.min(List.of(failure.retryAfter(), LONGEST_RETRY_AFTER)));
  }

  /** Ends a step that blocks, and the connection. From any thread; idempotent. */
  void close() {
    closed = true;
    query.close();
  }

  Optional<S> current() {
    return Optional.ofNullable(current);
  }

  Duration age() {
    return last.age(clock);
  }

  List<String> leftOut() {
    return leftOut.stream().sorted().toList();
  }

  Optional<AnswerSource> source() {
    return source;
  }

  boolean stale() {
    return current == null || failing || !last.certain() || age().compareTo(staleAfter) > 0;
  }

  /**
   * The index to send with the next blocking query. Consul's indexes are unsigned; one that goes
   * backwards, or an outage in which Consul may have lost its data, starts anew without an index;
   * zero would not block, so it counts as one. Not thread-safe.
   *
   * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/blocking">Consul's
   *     implementation details of blocking queries</a>
   */
  private static final class WatchIndex {

    private long last;

    /** The index to wait for a change of; empty to be answered at once. */
    OptionalLong next() {
      return last == 0 ? OptionalLong.empty() : OptionalLong.of(last);
    }

    /** Whether an answer with this index would be of an earlier state than the last one. */
    boolean wouldGoBack(long index) {
      return Long.compareUnsigned(index, last) < 0;
    }

    /**
     * Consul answered with this index. Returns whether that went backwards.
     *
     * @param comparable whether it was counted as the last one was
     */
    boolean answered(long index, boolean comparable) {
      boolean backwards = comparable && wouldGoBack(index);
      last = backwards ? 0 : index == 0 ? 1 : index;
      return backwards;
    }

    /** What was learnt may hold no longer. */
    void reset() {
      last = 0;
    }
  }

  /**
   * Limits how often a blocking query is asked, however often Consul wakes it: six times with rests
   * between that grow, so that a burst of changes is known soon after its end, and then once for
   * each refill, as Consul's notes on blocking queries advise. Not thread-safe.
   *
   * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/blocking">Consul's
   *     implementation details of blocking queries</a>
   */
  private static final class TokenBucket {

    private static final int FULL = 6;

    private final long refillNanos;
    private long paidUntil;

    TokenBucket(Duration refill, long now) {
      refillNanos = refill.toNanos();
      paidUntil = now - FULL * refillNanos;
    }

    /** Takes a token and tells how long to wait until it may be used. */
    Duration take(long now) {
      paidUntil = Math.max(paidUntil, now - FULL * refillNanos) + refillNanos;
      double left = (now - paidUntil) / (double) refillNanos;
      // The fewer are left, the longer: a tenth of a refill at first, all of it at last.
      long rest = Math.round(refillNanos / (2 * Math.max(left, 0.5)));
      return Duration.ofNanos(Math.max(rest, paidUntil - now));
    }
  }
}
