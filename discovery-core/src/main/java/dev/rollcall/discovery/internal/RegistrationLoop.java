package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.Answer.Done;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one service registered until it leaves.
 *
 * <p>All calls to the agent are made by tasks that run one after the other. The task that removes
 * the service is queued after the state says that leaving has begun, and every other task looks at
 * the state first: so the removal comes after any registration under way, and none comes after it.
 */
final class RegistrationLoop implements Registration {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final ServiceDefinition definition;
  private final Agent agent;
  private final Executor serial;
  private final Timer timer;
  private final Clock clock;
  private final RandomGenerator random;
  private final Events events;
  private final Duration leaveTimeout;
  private final Duration ttl;
  private final Duration beatInterval;
  private final Backoff backoff;
  private final Backoff leaveBackoff;
  private final Outage outage;
  private final LifeState state = new LifeState();
  private final CompletableFuture<Boolean> departed = new CompletableFuture<>();

  // Touched by the serial tasks alone.
  private boolean attempted;
  private boolean registered;
  private boolean confirmed;
  private long confirmedAt;

  RegistrationLoop(
      ServiceDefinition definition,
      Agent agent,
      Executor threads,
      Timer timer,
      Clock clock,
      RandomGenerator random,
      Events events,
      Duration leaveTimeout) {
    this.definition = definition;
    this.agent = agent;
    this.serial = new SerialExecutor(threads);
    this.timer = timer;
    this.clock = clock;
    this.random = random;
    this.events = events;
    this.leaveTimeout = leaveTimeout;
    ttl = ((HealthCheck.Ttl) definition.check()).ttl();
    beatInterval = ttl.dividedBy(3);
    // Short, as an agent that comes back without its data lists nobody until all have joined again.
    backoff = new Backoff(shorter(beatInterval, LONGEST_PAUSE), random);
    leaveBackoff = new Backoff(leaveTimeout.dividedBy(8), random);
    outage = new Outage("Registration " + definition.id(), clock);
  }

  void start() {
    serial.execute(this::step);
  }

  @Override
  public String id() {
    return definition.id();
  }

  @Override
  public RegistrationState state() {
    return state.get();
  }

  private void step() {
    if (state.isLeaving()) {
      return;
    }
    Duration pause;
    try {
      pause = registered ? beat() : join();
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      // Nothing may end the heartbeats but leaving.
      pause = failed(new ConsulFailure(ConsulFailure.Kind.MALFORMED, e.toString()), e);
    }
    timer.after(pause, () -> serial.execute(this::step));
  }

  private Duration join() {
    attempted = true;
    if (agent.register(definition) instanceof Answer.Failed<Done> failed) {
      return failed(failed.failure());
    }
    // A maintenance of an earlier life outlives the process, and would keep the service out.
    if (agent.endMaintenance(id()) instanceof Answer.Failed<Done> failed) {
      return failed(failed.failure());
    }
    registered = true;
    confirmed = false;
    return state.isLeaving() ? Duration.ZERO : beat();
  }

  private Duration beat() {
    long asked = clock.nanoTime();
    if (agent.beat(id()) instanceof Answer.Failed<Done> failed) {
      return failed.failure().kind() == ConsulFailure.Kind.UNKNOWN
          ? forgotten(failed.failure())
          : failed(failed.failure());
    }
    confirmedAt = clock.nanoTime();
    confirmed = true;
    backoff.reset();
    outage.over();
    events.tell(to -> to.beatConfirmed(id(), Duration.ofNanos(confirmedAt - asked)));
    if (moveTo(RegistrationState.PASSING)) {
      log.info("{} is registered and passing", id());
    }
    return jittered(beatInterval);
  }

  /**
   * The agent answers but does not hold the service: registers at once, but not in a tight loop.
   */
  private Duration forgotten(ConsulFailure failure) {
    registered = false;
    if (!confirmed) {
      return failed(failure);
    }
    confirmed = false;
    log.warn("Consul has forgotten {} ({}); registering it again", id(), failure);
    moveTo(RegistrationState.JOINING);
    return Duration.ZERO;
  }

  private Duration failed(ConsulFailure failure) {
    return failed(failure, null);
  }

  private Duration failed(ConsulFailure failure, @Nullable Throwable unexpected) {
    outage.failed(failure, unexpected);
    events.tell(to -> to.registrationFailed(id(), failure));
    if (clock.since(confirmedAt).compareTo(ttl) >= 0) {
      moveTo(RegistrationState.JOINING);
    }
    return backoff.next();
  }

  /** Plus or minus a tenth, so that the beats of many services spread. */
  private Duration jittered(Duration interval) {
    long tenth = interval.toNanos() / 10;
    return interval.plusNanos(random.nextLong(-tenth, tenth + 1));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Returns whether the state has changed. */
  private boolean moveTo(RegistrationState to) {
    RegistrationState from = state.moveTo(to);
    if (from == null) {
      return false;
    }
    events.tell(told -> told.registrationChanged(id(), from, to));
    return true;
  }

  @Override
  public CompletableFuture<Boolean> leaveAsync() {
    beginLeave();
    return departed.copy();
  }

  void beginLeave() {
    if (moveTo(RegistrationState.DRAINING)) {
      timer.after(leaveTimeout, () -> departed(false));
      serial.execute(this::depart);
    }
  }

  private void depart() {
    if (!attempted) {
      departed(true);
      return;
    }
    if (agent.deregister(id()) instanceof Answer.Failed<Done> failed
        && failed.failure().kind() != ConsulFailure.Kind.UNKNOWN) {
      events.tell(to -> to.registrationFailed(id(), failed.failure()));
      if (!departed.isDone()) {
        timer.after(leaveBackoff.next(), () -> serial.execute(this::depart));
      }
      return;
    }
    departed(true);
  }

  /** Done, one way or the other; the first to say so counts. */
  private void departed(boolean confirmedByConsul) {
    if (!moveTo(RegistrationState.LEFT)) {
      return;
    }
    if (confirmedByConsul) {
      log.info("{} has left", id());
    } else {
      log.warn(
          "{} left, but Consul could not be told within {} ms: its check lapses in {} s, and Consul"
              + " removes it {} s later",
          id(),
          leaveTimeout.toMillis(),
          ttl.toSeconds(),
          definition.check().deregisterAfter().toSeconds());
    }
    departed.complete(confirmedByConsul);
  }

  @Override
  public boolean leave() {
    beginLeave();
    return awaitLeft(leaveTimeout.plusMillis(100));
  }

  /**
   * Waits for a leave that has begun, and tells what it brought; gives it up if that takes longer.
   */
  boolean awaitLeft(Duration atMost) {
    try {
      return departed.get(Math.max(0, atMost.toNanos()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      departed(false);
    }
    return departed.getNow(false);
  }

  @Override
  public void close() {
    leave();
  }
}
