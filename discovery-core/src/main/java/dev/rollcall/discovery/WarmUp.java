package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.net.Require;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * Requests that a service sends to itself between the moment it serves and the moment it registers,
 * so that its first clients do not wait for classes to be loaded and code to be compiled. A warm-up
 * ends when the 99th percentile of the response times no longer falls, or at its time limit,
 * whichever comes first. It never fails: what went wrong stands in its {@link Result}. Immutable;
 * the thread that calls {@link #run()} sends the requests, one after the other.
 */
public final class WarmUp {
  private static final Duration DEFAULT_LIMIT = Duration.ofSeconds(5);
  private static final Duration LONGEST_LIMIT = Duration.ofMinutes(10);
  private static final int ROUND = 100;

  /** So many rounds have to pass without a better one. */
  private static final int SETTLED_ROUNDS = 3;

  /** By so much a round has to be better to count as better. */
  private static final double BETTER = 0.9;

  /** A service that answers none of the first requests is not warmed up by more of them. */
  private static final int MOST_FAILURES = 10;

  private static final int TIMEOUT_MILLIS = 2_000;

  private final Callable<?> request;
  private final Duration limit;
  private final Clock clock;

  /** What a warm-up came to. Immutable. */
  public static final class Result {
    private final int requests;
    private final int failures;
    private final Duration took;
    private final Duration p99;
    private final boolean settled;

    private Result(int requests, int failures, Duration took, List<Duration> p99s) {
      this.requests = requests;
      this.failures = failures;
      this.took = took;
      p99 = p99s.isEmpty() ? Duration.ZERO : p99s.get(p99s.size() - 1);
      settled = hasSettled(p99s);
    }

    /**
     * How many requests were sent, those that failed included.
     *
     * @return 0 or more
     */
    public int requests() {
      return requests;
    }

    /**
     * How many of them failed.
     *
     * @return 0 or more
     */
    public int failures() {
      return failures;
    }

    /**
     * How long all of it took.
     *
     * @return the time from the first request to the last answer
     */
    public Duration took() {
      return took;
    }

    /**
     * The 99th percentile of the response times of the last whole hundred.
     *
     * @return zero before there were a hundred
     */
    public Duration p99() {
      return p99;
    }

    /**
     * Whether the response times no longer fell.
     *
     * @return false if it ended for another reason
     */
    public boolean settled() {
      return settled;
    }

    /** In words, such as for a log. */
    @Override
    public String toString() {
      return "%d requests (%d failed) in %d ms, p99 of the last hundred %.1f ms%s"
          .formatted(
              requests,
              failures,
              took.toMillis(),
              p99.toNanos() / 1e6,
              settled ? "" : ", not settled");
    }
  }

  private WarmUp(Callable<?> request, Duration limit, Clock clock) {
    this.request = request;
    this.limit = limit;
    this.clock = clock;
  }

  /**
   * A warm-up that asks for a page with GET, and reads all of the answer. An answer with a status
   * of 500 or more, and one that takes longer than two seconds, counts as a failure. Redirects are
   * not followed.
   *
   * @param page an http or https address of the service itself, such as {@code
   *     http://127.0.0.1:8080/}; best one that does what most requests do, and changes nothing
   * @return a warm-up of five seconds at most
   * @throws IllegalArgumentException if it is of another scheme
   */
  public static WarmUp requesting(URI page) {
    if (!List.of("http", "https").contains(String.valueOf(page.getScheme()))) {
      throw new IllegalArgumentException("warm-up: " + page + " must be an http or https address");
    }
    return sending(() -> get(page));
  }

  /**
   * A warm-up by any request, such as one of gRPC.
   *
   * @param request sends one request and returns when it has been answered; it counts as a failure
   *     if it throws
   * @return a warm-up of five seconds at most
   */
  public static WarmUp sending(Callable<?> request) {
    return new WarmUp(request, DEFAULT_LIMIT, Clock.system());
  }

  /**
   * The same with another time limit than five seconds. The limit is looked at between two
   * requests.
   *
   * @param limit at most ten minutes; with zero no request is sent
   * @return another warm-up
   * @throws IllegalArgumentException if it is out of that range
   */
  public WarmUp within(Duration limit) {
    return new WarmUp(
        request,
        Require.between("limit of the warm-up", limit, Duration.ZERO, LONGEST_LIMIT),
        clock);
  }

  /**
   * The same with the time limit that the environment says, if it does.
   *
   * @param environment {@code WARM_UP_LIMIT}, such as 500ms, 2s or 1m; at most 10m; with 0s no
   *     request is sent
   * @return another warm-up
   * @throws IllegalArgumentException naming the variable, if it is not written so
   */
  public WarmUp environment(Map<String, String> environment) {
    return within(Require.duration("WARM_UP_LIMIT", environment, limit));
  }

  /** The same by another clock. */
  WarmUp clock(Clock clock) {
    return new WarmUp(request, limit, clock);
  }

  /**
   * Sends the requests. Ends early if the thread is interrupted, which it stays.
   *
   * @return what it came to
   */
  public Result run() {
    long began = clock.nanoTime();
    List<Duration> p99s = new ArrayList<>();
    long[] round = new long[ROUND];
    int sent = 0;
    int failures = 0;
    while (clock.since(began).compareTo(limit) < 0
        && !Thread.currentThread().isInterrupted()
        && !hasSettled(p99s)
        && (failures < MOST_FAILURES || failures < sent)) {
      long asked = clock.nanoTime();
      try {
        request.call();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        failures++;
      }
      round[sent++ % ROUND] = clock.nanoTime() - asked;
      if (sent % ROUND == 0) {
        p99s.add(p99(round));
      }
    }
    return new Result(sent, failures, clock.since(began), p99s);
  }

  private static Duration p99(long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return Duration.ofNanos(sorted[(int) Math.ceil(sorted.length * 0.99) - 1]);
  }

  /** Whether none of the last rounds was better than the best one before them. */
  static boolean hasSettled(List<Duration> p99s) {
    int before = p99s.size() - SETTLED_ROUNDS;
    return before > 0
        && Collections.min(p99s.subList(before, p99s.size())).toNanos()
            >= BETTER * Collections.min(p99s.subList(0, before)).toNanos();
  }

  private static int get(URI page) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) page.toURL().openConnection();
    connection.setInstanceFollowRedirects(false);
    connection.setConnectTimeout(TIMEOUT_MILLIS);
    connection.setReadTimeout(TIMEOUT_MILLIS);
    int status = connection.getResponseCode();
    if (status >= 500) {
      throw new IOException("status " + status);
    }
    try (InputStream body =
        status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
      if (body != null) {
        body.transferTo(OutputStream.nullOutputStream());
      }
    }
    return status;
  }
}
