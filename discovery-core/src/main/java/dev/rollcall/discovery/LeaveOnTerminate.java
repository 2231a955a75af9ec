package dev.rollcall.discovery;

import dev.rollcall.discovery.ShutdownPhase.Outcome;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.net.Require;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops a server with no request lost: not ready, leave the registry, go on serving until the load
 * balancers have noticed, stop the server, close the rest. Each {@linkplain ShutdownPhase phase} is
 * bounded and told to a {@linkplain Builder#listener listener}, and one that fails does not stop
 * the next.
 *
 * <pre>{@code
 * LeaveOnTerminate.builder(discovery)
 *     .traffic(requestTracker)
 *     .stopServer(server::stop)
 *     .installShutdownHook();
 * }</pre>
 *
 * <p>With the defaults it takes some 2 s. Whatever hangs, it takes at most {@link
 * Builder#leaveTimeout} + {@link Builder#drainLimit} + {@link Builder#stopTimeout}, with the
 * defaults 9 s, and half a second for what is still to be closed then: less than the 10 s that
 * Docker gives. Those who set more must set the stop grace period of the container above it.
 *
 * <p>An interrupt of the thread that runs it changes neither the order nor a bound, and is there
 * afterwards.
 *
 * <p>This type is thread-safe. It installs a shutdown hook only where {@link
 * Builder#installShutdownHook} is called.
 */
public final class LeaveOnTerminate implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(LeaveOnTerminate.class);
  private static final Duration POLL = Duration.ofMillis(20);

  private final List<Supplier<CompletableFuture<Boolean>>> leaves;
  private final Runnable notReady;
  private final @Nullable RequestTracker tracker;
  private final ShutdownTimeouts timeouts;
  private final Runnable stopServer;
  private final List<AutoCloseable> closeables;
  private final List<ShutdownPhase> order;
  private final ShutdownListener listener;
  private final Clock clock;
  private final Clock callClock;

  private final AtomicBoolean begun = new AtomicBoolean();
  private final CompletableFuture<Boolean> finished = new CompletableFuture<>();
  private final CountDownLatch cutShort = new CountDownLatch(1);

  private LeaveOnTerminate(Builder builder) {
    leaves = List.copyOf(builder.leaves);
    notReady = builder.notReady;
    tracker = builder.tracker;
    timeouts =
        new ShutdownTimeouts(
            builder.leaveTimeout, builder.quietPeriod, builder.drainLimit, builder.stopTimeout);
    stopServer = builder.stopServer;
    closeables = List.copyOf(builder.closeables);
    order = builder.order;
    listener = builder.listener;
    clock = builder.clock;
    callClock = builder.callClock;
  }

  /**
   * Begins to describe how a process ends.
   *
   * @return a builder with every default
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Begins to describe how a process ends that has one connection to Consul: all that is registered
   * on it by then leaves, and it is closed at the end.
   *
   * @param discovery the connection
   * @return a builder with every other default
   */
  public static Builder builder(Discovery discovery) {
    Builder builder = builder().then(discovery);
    builder.leaves.add(discovery::leaveAsync);
    return builder;
  }

  /** Runs all phases and returns when they are done. A second caller waits for the first. */
  @Override
  public void run() {
    if (begun.getAndSet(true)) {
      finished.join();
      return;
    }
    try (BoundedCalls calls = new BoundedCalls(callClock)) {
      long began = clock.nanoTime();
      for (int i = 0; i < order.size(); i++) {
        run(order.get(i), order.subList(i + 1, order.size()), began, calls);
      }
      log.info("Terminated after {} ms", clock.since(began).toMillis());
    } finally {
      finished.complete(true);
    }
  }

  /**
   * Ends the drain, if one is under way or still to come, so that the server stops now: for a
   * second signal. The other phases run as always.
   */
  public void stopNow() {
    cutShort.countDown();
  }

  /**
   * A thread that runs this, to be given to {@link Runtime#addShutdownHook}.
   *
   * @return a new thread, not started
   */
  public Thread asShutdownHook() {
    return new Thread(this, "rollcall-leave-on-terminate");
  }

  /**
   * As {@link #asShutdownHook()}, for a process that has no other hook: a JVM that ends on SIGTERM
   * exits 143 whatever its hooks did, so this one halts the JVM when it is done, with exit code 0,
   * or 1 if it threw. A second SIGTERM or SIGINT {@linkplain #stopNow() ends the drain}; where the
   * JVM takes no signal handlers ({@code -Xrs}) it is ignored.
   *
   * @return a new thread, not started
   */
  public Thread asHaltingShutdownHook() {
    return new Thread(this::runAndHalt, "rollcall-leave-on-terminate");
  }

  private void runAndHalt() {
    int exitCode = 1;
    try {
      onSignal("TERM", this::stopNow);
      onSignal("INT", this::stopNow);
      run();
      exitCode = 0;
    } catch (Throwable e) {
      log.error("Terminating failed", e);
    } finally {
      Runtime.getRuntime().halt(exitCode);
    }
  }

  /** By reflection, as the compiler rightly warns of this interface and a JVM may lack it. */
  private static void onSignal(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object call =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                action.run();
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), call);
    } catch (ReflectiveOperationException | RuntimeException e) {
      log.debug("A second SIG{} will be ignored", name, e);
    }
  }

  private void run(ShutdownPhase phase, List<ShutdownPhase> later, long began, BoundedCalls calls) {
    List<ShutdownPhase> withThis = new ArrayList<>(later);
    withThis.add(phase);
    Duration toTell = timeouts.other(clock.since(began), withThis);
    calls.callInOrder("tell the listener", toTell, () -> listener.phaseStarted(phase));
    long started = clock.nanoTime();
    Outcome outcome = outcome(phase, later, began, calls);
    Duration took = clock.since(started);
    toTell = timeouts.other(clock.since(began), later);
    calls.callInOrder("tell the listener", toTell, () -> listener.phaseEnded(phase, outcome, took));
  }

  private Outcome outcome(
      ShutdownPhase phase, List<ShutdownPhase> later, long began, BoundedCalls calls) {
    Duration passed = clock.since(began);
    return switch (phase) {
      case NOT_READY ->
          calls.call(
              "tell that it is not ready", timeouts.other(passed, later), done(notReady::run));
      case LEAVE -> calls.call("leave the registry", timeouts.leave(), this::leave);
      case DRAIN -> drain(timeouts.drain(passed, later));
      case STOP_SERVER ->
          calls.call("stop the server", timeouts.stopTimeout(), done(stopServer::run));
      case CLOSE ->
          closeables.stream()
              .map(
                  each ->
                      calls.call(
                          "close " + each.getClass().getSimpleName(),
                          timeouts.other(clock.since(began), later),
                          done(each)))
              .max(Comparator.naturalOrder())
              .orElse(Outcome.DONE);
    };
  }

  private static Callable<Outcome> done(AutoCloseable step) {
    return () -> {
      step.close();
      return Outcome.DONE;
    };
  }

  private Outcome leave() {
    List<CompletableFuture<Boolean>> leaving = leaves.stream().map(Supplier::get).toList();
    boolean confirmed = true;
    for (CompletableFuture<Boolean> each : leaving) {
      confirmed &= each.join();
    }
    return confirmed ? Outcome.DONE : Outcome.FAILED;
  }

  /**
   * Waits until the load balancers have stopped sending requests, but not for ever. Quiet counts
   * from the leave on: only then do load balancers begin to look elsewhere.
   */
  private Outcome drain(Duration limit) {
    long began = clock.nanoTime();
    while (quietSince(began).compareTo(timeouts.quietPeriod()) < 0) {
      Duration left = limit.minus(clock.since(began));
      if (left.isNegative() || left.isZero()) {
        log.warn(
            "Not quiet within {} ms ({} requests in flight): stopping all the same",
            limit.toMillis(),
            tracker == null ? 0 : tracker.inFlight());
        return Outcome.TIMED_OUT;
      }
      // Whoever stops the process may interrupt its threads: requests come all the same.
      if (clock.awaitUninterruptibly(cutShort, Collections.min(List.of(left, POLL)))) {
        log.info("Told to stop now: not waiting for quiet");
        return Outcome.CUT_SHORT;
      }
    }
    log.info("No request for {} ms: stopping", timeouts.quietPeriod().toMillis());
    return Outcome.DONE;
  }

  private Duration quietSince(long began) {
    Duration drained = clock.since(began);
    return tracker == null ? drained : Collections.min(List.of(drained, tracker.quietFor()));
  }

  /** Builds a {@link LeaveOnTerminate}. Not thread-safe. */
  public static final class Builder {
    private final List<Supplier<CompletableFuture<Boolean>>> leaves = new ArrayList<>();
    private final List<AutoCloseable> closeables = new ArrayList<>();
    private Runnable notReady = () -> {};
    private Runnable stopServer = () -> {};
    private @Nullable RequestTracker tracker;
    private Duration quietPeriod = Duration.ofSeconds(2);
    private Duration drainLimit = Duration.ofSeconds(5);
    private Duration leaveTimeout = Duration.ofSeconds(2);
    private Duration stopTimeout = Duration.ofSeconds(2);
    private List<ShutdownPhase> order = List.of(ShutdownPhase.values());
    private ShutdownListener listener = new ShutdownListener() {};
    private Clock clock = Clock.system();
    private Clock callClock = Clock.system();

    private Builder() {}

    /**
     * Adds a registration to leave with. All leave at once.
     *
     * @param registration the registration
     * @return this
     */
    public Builder registration(Registration registration) {
      leaves.add(registration::leaveAsync);
      return this;
    }

    /**
     * Sets what {@link ShutdownPhase#NOT_READY} does: make the readiness probe fail. Default:
     * nothing.
     *
     * @param step what to do
     * @return this
     */
    public Builder notReady(Runnable step) {
      notReady = step;
      return this;
    }

    /**
     * Sets who knows of the requests being served. Default: nobody, so that the drain always takes
     * the whole quiet period.
     *
     * @param tracker fed by a filter of the server
     * @return this
     */
    public Builder traffic(RequestTracker tracker) {
      this.tracker = tracker;
      return this;
    }

    /**
     * Sets how long no request must have come before the server stops. Default 2 s. Longer than
     * what the load balancers take to hear of the leave and to act on it.
     *
     * @param period zero to 1 h
     * @return this
     */
    public Builder quietPeriod(Duration period) {
      quietPeriod = Require.between("quietPeriod", period, Duration.ZERO, Duration.ofHours(1));
      return this;
    }

    /**
     * Sets how long to wait for quiet. Default 5 s.
     *
     * @param limit zero to 1 h
     * @return this
     */
    public Builder drainLimit(Duration limit) {
      drainLimit = Require.between("drainLimit", limit, Duration.ZERO, Duration.ofHours(1));
      return this;
    }

    /**
     * Sets {@link #quietPeriod} and {@link #drainLimit} where the environment says them.
     *
     * @param environment {@code DRAIN_QUIET} and {@code DRAIN_LIMIT}, such as 500ms, 2s or 1m; at
     *     most 10m, and the quiet period no longer than the limit
     * @return this
     * @throws IllegalArgumentException one line that names the variable, its value and what is
     *     wanted
     */
    public Builder environment(Map<String, String> environment) {
      Duration limit = Require.duration("DRAIN_LIMIT", environment, drainLimit);
      Duration quiet = Require.duration("DRAIN_QUIET", environment, quietPeriod);
      if (quiet.compareTo(limit) > 0) {
        throw Require.wrong(
            "DRAIN_QUIET",
            quiet.toMillis() + "ms",
            "no longer than DRAIN_LIMIT, which is \"" + limit.toMillis() + "ms\"");
      }
      return quietPeriod(quiet).drainLimit(limit);
    }

    /**
     * Sets how long to wait for Consul to confirm that the registrations are gone. Default 2 s.
     * Each registration is bounded by {@link ConsulOptions#leaveTimeout()} as well.
     *
     * @param timeout 1 ms to 1 min
     * @return this
     */
    public Builder leaveTimeout(Duration timeout) {
      leaveTimeout = Require.timeout("leaveTimeout", timeout);
      return this;
    }

    /**
     * Sets how long the server may take to stop before the rest is closed. Default 2 s. {@link
     * ShutdownPhase#NOT_READY}, each part of {@link ShutdownPhase#CLOSE} and the listener may take
     * as long, but never longer than what is left of the bounds' sum.
     *
     * @param timeout 1 ms to 1 min
     * @return this
     */
    public Builder stopTimeout(Duration timeout) {
      stopTimeout = Require.timeout("stopTimeout", timeout);
      return this;
    }

    /**
     * Sets how to stop the server. Default: nothing.
     *
     * @param step ends requests in flight well, and comes back
     * @return this
     */
    public Builder stopServer(Runnable step) {
      stopServer = step;
      return this;
    }

    /**
     * Adds something to close at the end, in the order given: the {@link Discovery}, pools,
     * clients.
     *
     * @param closeable closed once
     * @return this
     */
    public Builder then(AutoCloseable closeable) {
      closeables.add(closeable);
      return this;
    }

    /**
     * Sets the order of the phases. Default: that in which {@link ShutdownPhase} declares them.
     *
     * @param phases each of them once
     * @return this
     */
    public Builder order(ShutdownPhase... phases) {
      List<ShutdownPhase> wanted = List.of(phases);
      List<ShutdownPhase> all = List.of(ShutdownPhase.values());
      if (wanted.size() != all.size() || !Set.copyOf(wanted).containsAll(all)) {
        throw new IllegalArgumentException(
            "order is " + wanted + " but must be: each of " + all + " once");
      }
      order = wanted;
      return this;
    }

    /**
     * Sets who is told of each phase. Default: nobody.
     *
     * @param listener quick
     * @return this
     */
    public Builder listener(ShutdownListener listener) {
      this.listener = listener;
      return this;
    }

    /** Another time for the drain, and for how long a call of the application's code may take. */
    Builder clocks(Clock drain, Clock calls) {
      clock = drain;
      callClock = calls;
      return this;
    }

    /**
     * Makes it ready to run.
     *
     * @return what was built
     */
    public LeaveOnTerminate build() {
      return new LeaveOnTerminate(this);
    }

    /**
     * Makes it ready, and installs {@link LeaveOnTerminate#asShutdownHook()}, so that it runs when
     * the JVM gets SIGTERM or SIGINT or exits. A framework that has its own order of stopping calls
     * {@link LeaveOnTerminate#run()} instead.
     *
     * @return what was built
     * @throws IllegalStateException if the JVM is shutting down already
     */
    public LeaveOnTerminate installShutdownHook() {
      LeaveOnTerminate leave = build();
      Runtime.getRuntime().addShutdownHook(leave.asShutdownHook());
      return leave;
    }
  }
}
