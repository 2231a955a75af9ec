package dev.rollcall.discovery;

import dev.rollcall.discovery.ShutdownPhase.Outcome;
import dev.rollcall.discovery.internal.concurrent.BoundedCall;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.Drain;
import dev.rollcall.discovery.internal.concurrent.OrderedCalls;
import dev.rollcall.discovery.internal.concurrent.SystemClock;
import dev.rollcall.discovery.internal.net.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops a server with no request lost: not ready, leave the registry, go on serving until the load
 * balancers have noticed, stop the server, close the rest. Each {@linkplain ShutdownPhase step} is
 * bounded and told to a {@linkplain Builder#listener listener}, and one that fails does not keep
 * the next from being taken.
 *
 * <pre>{@code
 * var leave = LeaveOnTerminate.builder()
 *     .registration(registration)
 *     .traffic(traffic)
 *     .stopServer(server::stop)
 *     .then(discovery)
 *     .build();
 * Runtime.getRuntime().addShutdownHook(leave.asShutdownHook());
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
 * <p>This type is thread-safe. It never installs a shutdown hook by itself.
 */
public final class LeaveOnTerminate implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(LeaveOnTerminate.class);

  private final List<Registration> registrations;
  private final Runnable notReady;
  private final Drain drain;
  private final ShutdownTimeouts bounds;
  private final Runnable stopServer;
  private final List<AutoCloseable> closeables;
  private final List<ShutdownPhase> order;
  private final ShutdownListener listener;
  private final Clock clock;

  private final AtomicBoolean begun = new AtomicBoolean();
  private final CountDownLatch finished = new CountDownLatch(1);

  private LeaveOnTerminate(Builder builder) {
    registrations = List.copyOf(builder.registrations);
    notReady = builder.notReady;
    bounds =
        new ShutdownTimeouts(
            builder.leaveTimeout, builder.quietPeriod, builder.drainLimit, builder.stopTimeout);
    stopServer = builder.stopServer;
    closeables = List.copyOf(builder.closeables);
    order = builder.order;
    listener = builder.listener;
    clock = builder.clock;
    drain = new Drain(builder.traffic, builder.quietPeriod, clock);
  }

  /**
   * Begins to describe how a process ends.
   *
   * @return a builder with every default
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Takes all the steps and returns when they are done. A second caller waits for the first. */
  @Override
  public void run() {
    if (begun.getAndSet(true)) {
      awaitFinished();
      return;
    }
    try (OrderedCalls telling = new OrderedCalls("tell the listener")) {
      long began = clock.nanoTime();
      for (int i = 0; i < order.size(); i++) {
        observed(order.get(i), order.subList(i + 1, order.size()), began, telling);
      }
      log.info("Terminated after {} ms", clock.since(began).toMillis());
    } finally {
      finished.countDown();
    }
  }

  /**
   * Ends the drain, if one is under way or still to come, so that the server stops now: for a
   * second signal. The other steps are taken as always.
   */
  public void stopNow() {
    drain.cutShort();
  }

  /**
   * A thread that runs this, to be given to {@link Runtime#addShutdownHook}.
   *
   * @return a new thread, not started
   */
  public Thread asShutdownHook() {
    return new Thread(this, "rollcall-leave-on-terminate");
  }

  private void observed(
      ShutdownPhase step, List<ShutdownPhase> later, long began, OrderedCalls telling) {
    List<ShutdownPhase> with = new ArrayList<>(later);
    with.add(step);
    telling.call(bounds.other(clock.since(began), with), () -> listener.phaseStarted(step));
    long stepBegan = clock.nanoTime();
    Outcome outcome = take(step, later, began);
    Duration took = clock.since(stepBegan);
    telling.call(
        bounds.other(clock.since(began), later), () -> listener.phaseEnded(step, outcome, took));
  }

  private Outcome take(ShutdownPhase step, List<ShutdownPhase> later, long began) {
    Duration passed = clock.since(began);
    return switch (step) {
      case NOT_READY ->
          BoundedCall.run("tell that it is not ready", bounds.other(passed, later), notReady::run);
      case LEAVE -> BoundedCall.call("leave the registry", bounds.leave(), this::leave);
      case DRAIN -> drain.run(bounds.drain(passed, later));
      case STOP_SERVER -> BoundedCall.run("stop the server", bounds.stopTimeout(), stopServer::run);
      case CLOSE ->
          closeables.stream()
              .map(
                  each ->
                      BoundedCall.run(
                          "close " + name(each), bounds.other(clock.since(began), later), each))
              .max(Comparator.naturalOrder())
              .orElse(Outcome.DONE);
    };
  }

  private static String name(AutoCloseable closeable) {
    return closeable.getClass().getSimpleName();
  }

  private Outcome leave() {
    List<CompletableFuture<Boolean>> leaving =
        registrations.stream().map(Registration::leaveAsync).toList();
    boolean confirmed = true;
    for (CompletableFuture<Boolean> each : leaving) {
      confirmed &= each.join();
    }
    return confirmed ? Outcome.DONE : Outcome.FAILED;
  }

  private void awaitFinished() {
    boolean interrupted = false;
    while (true) {
      try {
        finished.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Builds a {@link LeaveOnTerminate}. Not thread-safe. */
  public static final class Builder {
    private final List<Registration> registrations = new ArrayList<>();
    private final List<AutoCloseable> closeables = new ArrayList<>();
    private Runnable notReady = () -> {};
    private Runnable stopServer = () -> {};
    private @Nullable RequestTracker traffic;
    private Duration quietPeriod = Duration.ofSeconds(2);
    private Duration drainLimit = Duration.ofSeconds(5);
    private Duration leaveTimeout = Duration.ofSeconds(2);
    private Duration stopTimeout = Duration.ofSeconds(2);
    private List<ShutdownPhase> order = List.of(ShutdownPhase.values());
    private ShutdownListener listener = new ShutdownListener() {};
    private Clock clock = SystemClock.SYSTEM;

    private Builder() {}

    /**
     * Adds a registration to leave with. All leave at once.
     *
     * @param registration the registration
     * @return this
     */
    public Builder registration(Registration registration) {
      registrations.add(registration);
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
     * @param traffic fed by a filter of the server
     * @return this
     */
    public Builder traffic(RequestTracker traffic) {
      this.traffic = traffic;
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
     * as long, but not longer than what is left of the bounds' sum; with that they take what the
     * drain would have beyond the quiet period.
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
     * Sets the order of the steps. Default: that in which {@link ShutdownPhase} declares them.
     *
     * @param steps each of them once
     * @return this
     */
    public Builder order(ShutdownPhase... steps) {
      List<ShutdownPhase> wanted = List.of(steps);
      List<ShutdownPhase> all = List.of(ShutdownPhase.values());
      if (wanted.size() != all.size() || !Set.copyOf(wanted).containsAll(all)) {
        throw new IllegalArgumentException(
            "order is " + wanted + " but must be: each of " + all + " once");
      }
      order = wanted;
      return this;
    }

    /**
     * Sets who is told of each step. Default: nobody.
     *
     * @param listener quick
     * @return this
     */
    public Builder listener(ShutdownListener listener) {
      this.listener = listener;
      return this;
    }

    Builder clock(Clock clock) {
      this.clock = clock;
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
  }
}
