package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.concurrent.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many queries may keep a connection and block in Consul, as an agent takes only so many
 * connections from one address. The others are polled until a connection becomes free: every two
 * seconds, or less often where there are many, but no less often than a query that blocks is
 * answered; and at once if their service is said to have changed. Thread-safe.
 */
final class ConnectionLimit {

  /** How many polls may be under way at once. */
  private static final int POLLS = 2;

  /**
   * A connection that was closed still counts for the agent while the next one is opened; the
   * leader check takes one, and so does the query for all checks.
   */
  private static final int OTHERS = 3;

  private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(2);

  /** Fifty polls a second take some three per cent of a core here, and the agent no more. */
  private static final Duration APART = Duration.ofMillis(20);

  private static final Duration LONGEST_QUEUE = Duration.ofSeconds(10);

  private static final Logger log = LoggerFactory.getLogger(ConnectionLimit.class);

  private final Duration longestInterval;
  private final Clock clock;
  private final int limit;
  private final Semaphore free;
  private final Semaphore polls = new Semaphore(POLLS, true);
  private final Runnable polling;
  private final AtomicInteger polled = new AtomicInteger();
  private final Map<String, Set<Share>> polledByService = new ConcurrentHashMap<>();
  private final AtomicBoolean logged = new AtomicBoolean();

  /**
   * A limit.
   *
   * @param connections how many connections there are for all queries
   * @param longestInterval how long the answer of a query that blocks takes at most
   * @param polling told each time that one more query is polled
   */
  ConnectionLimit(int connections, Duration longestInterval, Clock clock, Runnable polling) {
    this.longestInterval = longestInterval;
    this.clock = clock;
    this.polling = polling;
    limit = connections - POLLS - OTHERS;
    free = new Semaphore(limit);
  }

  private Duration interval() {
    Duration interval = APART.multipliedBy(polled.get());
    Duration most = interval.compareTo(longestInterval) < 0 ? interval : longestInterval;
    return most.compareTo(SHORTEST_INTERVAL) > 0 ? most : SHORTEST_INTERVAL;
  }

  /** Whether any query is polled. */
  boolean isPolling() {
    return polled.get() > 0;
  }

  /** Something about a service has changed: its queries are not to wait for their turn. */
  void changed(String service) {
    polledByService.getOrDefault(key(service), Set.of()).forEach(Share::pollSoon);
  }

  /** Consul finds a service whatever the case of its name. */
  private static String key(String service) {
    return service.toLowerCase(Locale.ROOT);
  }

  /** One query's share. */
  final class Share {
    private final Optional<String> service;

    /** Open if the next poll is not to wait. */
    private CountDownLatch next = new CountDownLatch(1);

    private boolean closed;
    private boolean connection;
    private boolean counted;

    /**
     * Of a query that has not been sent.
     *
     * @param service the one whose changes are told; empty if they are not
     */
    Share(Optional<String> service) {
      this.service = service.map(ConnectionLimit::key);
    }

    /** Whether the query has a connection of its own, perhaps from now on. */
    synchronized boolean hasConnection() {
      if (!connection && !closed) {
        connection = free.tryAcquire();
        count(!connection);
      }
      return connection;
    }

    private void count(boolean isPolled) {
      if (counted != isPolled) {
        polled.addAndGet(isPolled ? 1 : -1);
        counted = isPolled;
        service.ifPresent(name -> polledByService.compute(name, (key, those) -> with(those)));
        if (isPolled) {
          polling.run();
        }
      }
      if (isPolled && !logged.getAndSet(true)) {
        log.info(
            "More than {} queries are being watched: the others are polled. To let each block in"
                + " Consul, let the agent take more connections"
                + " (limits.http_max_conns_per_client) and say so by ConsulOptions.connections",
            limit);
      }
    }

    /** Those of the same service, with this one if it is polled; null for none. */
    private @Nullable Set<Share> with(@Nullable Set<Share> those) {
      Set<Share> now = new HashSet<>(those == null ? Set.of() : those);
      boolean unused = counted ? now.add(this) : now.remove(this);
      return now.isEmpty() ? null : now;
    }

    private synchronized void pollSoon() {
      next.countDown();
    }

    private synchronized CountDownLatch next() {
      return next;
    }

    /** What changes from now on is for the poll after this one. */
    private synchronized void begin() {
      if (!closed) {
        next = new CountDownLatch(1);
      }
    }

    /**
     * Polls when it is this query's turn.
     *
     * @param again whether it was asked before, and is to wait for some time
     */
    <T> Result<T> poll(boolean again, Supplier<Result<T>> request) {
      try {
        if (again) {
          clock.await(next(), interval());
        }
        if (polls.tryAcquire(LONGEST_QUEUE.toSeconds(), TimeUnit.SECONDS)) {
          begin();
          try {
            return request.get();
          } finally {
            polls.release();
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      String message = "no turn within " + LONGEST_QUEUE.toSeconds() + " s: too many are watched";
      return Result.unsent(Kind.UNAVAILABLE, message);
    }

    /** Gives the connection back, and ends a wait. Idempotent. */
    synchronized void close() {
      closed = true;
      next.countDown();
      count(false);
      if (connection) {
        connection = false;
        free.release();
      }
    }
  }
}
