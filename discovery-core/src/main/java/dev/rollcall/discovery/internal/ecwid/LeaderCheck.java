package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.RuntimeContext.Scheduler;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out within seconds that an agent has lost Consul's leader. A query that blocks does not
 * tell: the server that holds it answers at the end of the wait, as if nothing had changed. So,
 * while queries block, one consistent read is sent every few seconds for all of them. If it fails,
 * they are ended, and fail like it. Thread-safe.
 *
 * <p>A read that is refused for a rate limit says nothing about the leader. Until a read has
 * succeeded once, a failure says nothing either: a proxy before Consul may not let it pass.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/consistency">Consul's
 *     consistency modes, on consistent</a>
 */
final class LeaderCheck {

  static final Duration INTERVAL = Duration.ofSeconds(3);

  /** A service that nobody offers: the answer costs Consul nothing but the leader's word. */
  static final String PATH = "/v1/health/service/rollcall-leader-check";

  private static final Logger log = LoggerFactory.getLogger(LeaderCheck.class);

  private final Function<Optional<String>, ConsulResponse> read;
  private final Scheduler timer;
  private final Executor threads;
  private final Map<Optional<String>, Datacenter> datacenters = new HashMap<>();

  /**
   * A check that has not begun.
   *
   * @param read asks a datacenter's leader, the agent's own one's if empty; bounded in time
   * @param threads runs the reads; may refuse one with an OutOfMemoryError
   */
  LeaderCheck(Function<Optional<String>, ConsulResponse> read, Scheduler timer, Executor threads) {
    this.read = read;
    this.timer = timer;
    this.threads = threads;
  }

  /**
   * A query begins to block.
   *
   * @param end ends it at once; must not block
   */
  BlockedQuery begin(Optional<String> datacenter, Runnable end) {
    Datacenter at;
    synchronized (this) {
      at = datacenters.computeIfAbsent(datacenter, Datacenter::new);
    }
    BlockedQuery blocked = new BlockedQuery(at, end);
    at.add(blocked);
    return blocked;
  }

  /** A query that blocks until this is closed. */
  static final class BlockedQuery implements AutoCloseable {
    private final Datacenter at;
    private final Runnable end;
    private @Nullable ConsulFailure failure;

    private BlockedQuery(Datacenter at, Runnable end) {
      this.at = at;
      this.end = end;
    }

    /** Why it was ended; empty if it was not. */
    synchronized Optional<ConsulFailure> failure() {
      return Optional.ofNullable(failure);
    }

    private void fail(ConsulFailure why) {
      synchronized (this) {
        failure = why;
      }
      end.run();
    }

    @Override
    public void close() {
      at.remove(this);
    }
  }

  /** The leader of one datacenter, and those who wait for its word. */
  private final class Datacenter {
    private final Optional<String> name;
    private final Set<BlockedQuery> blocked = new HashSet<>();
    private boolean scheduled;

    /** Whether a read has succeeded. */
    private volatile boolean answered;

    private boolean logged;

    Datacenter(Optional<String> name) {
      this.name = name;
    }

    synchronized void add(BlockedQuery query) {
      blocked.add(query);
      if (!scheduled) {
        scheduled = true;
        // The first one at once, so that those after it count.
        schedule(answered ? INTERVAL : Duration.ZERO);
      }
    }

    synchronized void remove(BlockedQuery query) {
      blocked.remove(query);
    }

    private void schedule(Duration delay) {
      timer.schedule(delay, this::start);
    }

    private void start() {
      try {
        threads.execute(this::check);
      } catch (OutOfMemoryError e) {
        schedule(INTERVAL);
      }
    }

    private void check() {
      List<BlockedQuery> before;
      synchronized (this) {
        scheduled = !blocked.isEmpty();
        before = List.copyOf(blocked);
      }
      if (before.isEmpty()) {
        return;
      }
      try {
        // Those that begin to block meanwhile have just been answered themselves.
        ask().ifPresent(failure -> before.forEach(query -> query.fail(failure)));
      } finally {
        schedule(INTERVAL);
      }
    }

    private Optional<ConsulFailure> ask() {
      ConsulResponse response = read.apply(name);
      Result<?> result = response.toResult("leader check", found -> found);
      if (!(result instanceof Result.Failed<?> failed)) {
        answered = true;
        return Optional.empty();
      }
      if (response.isLimited()) {
        return Optional.empty();
      }
      if (!answered && !logged) {
        logged = true;
        log.info(
            "{}: that Consul has lost its leader is seen only at the end of a wait",
            failed.failure().message());
      }
      return answered ? Optional.of(failed.failure()) : Optional.empty();
    }
  }
}
