package dev.rollcall.discovery.internal.registration;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.AgentService;
import dev.rollcall.discovery.internal.api.LivenessCheck;
import dev.rollcall.discovery.internal.api.OutageLog;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Backoff;
import dev.rollcall.discovery.internal.concurrent.Durations;
import dev.rollcall.discovery.internal.concurrent.Priority;
import dev.rollcall.discovery.internal.concurrent.SerialExecutor;
import dev.rollcall.discovery.internal.net.Require;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one service registered, as it is wanted, until it leaves. All calls to the agent are made
 * by tasks that run one after the other; once the {@link Deregistration} has begun, none of them
 * registers any more.
 */
public final class RegistrationLoop implements Registration {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  /** How often one whose id another process has looks whether that leaves. */
  private static final Duration STANDBY = Duration.ofMillis(500);

  /** How long it is remembered that another process wants the id, when that takes it again. */
  private static final Duration CONTEST = Duration.ofMinutes(1);

  private final String id;
  private final AgentApi agent;
  private final RuntimeContext means;
  private final SerialExecutor serial;
  private final RegistrationLifecycle state;
  private final Deregistration departure;
  private final LivenessCheck proof;
  private final Backoff backoff;
  private final OutageLog outage;
  private final ServiceRecord entry;
  private final AtomicBoolean changeQueued = new AtomicBoolean();
  private volatile long confirmedAt;

  // Touched by the serial tasks alone.
  private boolean mayBeHeld;
  private boolean confirmed;
  private boolean contested;
  private long contestedAt;
  private boolean standingBy;
  private boolean replaced;
  private long replacedAt;
  private long turn;

  public RegistrationLoop(
      ServiceDefinition definition, AgentApi agent, RuntimeContext means, Duration leaveTimeout) {
    this(definition, agent, means, leaveTimeout, means.serial());
  }

  /**
   * A loop that has not begun.
   *
   * @param serial runs all calls for the id, those of an earlier registration too: so what is under
   *     way for that is over before anything is sent for this
   */
  public RegistrationLoop(
      ServiceDefinition definition,
      AgentApi agent,
      RuntimeContext means,
      Duration leaveTimeout,
      SerialExecutor serial) {
    this.id = definition.id();
    this.agent = agent;
    this.means = means;
    this.serial = serial;
    entry = new ServiceRecord(definition, owner(means.random()), agent);
    state = new RegistrationLifecycle(id, means.listener());
    proof = LivenessCheck.of(definition);
    departure =
        new Deregistration(
            definition,
            entry,
            state,
            serial,
            means,
            leaveTimeout,
            () -> mayBeHeld,
            () -> contested);
    // Short, as an agent that comes back without its data lists nobody until all have joined again.
    backoff =
        new Backoff(
            Durations.shorter(proof.interval(HealthStatus.CRITICAL), LONGEST_PAUSE),
            means.random());
    outage = new OutageLog("Registration " + id, means.clock());
  }

  /** What no other registration has, in this process or another. */
  private static String owner(RandomGenerator random) {
    return "%016x".formatted(random.nextLong());
  }

  /** Whether it has left, and nothing is sent for it any more. */
  public boolean isOver() {
    return state.get() == RegistrationState.LEFT && serial.isIdle();
  }

  /** What runs all calls for the id. */
  public SerialExecutor serial() {
    return serial;
  }

  public void start() {
    serial.execute(Priority.REGISTER, this::step);
  }

  @Override
  public String id() {
    return id;
  }

  /** What Consul last confirmed, whatever keeps the steps from being taken. */
  @Override
  public RegistrationState state() {
    RegistrationState known = state.get();
    return known == RegistrationState.PASSING && isOverdue() ? RegistrationState.JOINING : known;
  }

  private boolean isOverdue() {
    return means.clock().since(confirmedAt).compareTo(proof.validity()) >= 0;
  }

  private void step() {
    if (state.isLeaving()) {
      return;
    }
    Duration pause = LONGEST_PAUSE;
    try {
      pause = next();
    } catch (Throwable e) {
      // Nothing may end the heartbeats but leaving.
      pause = failedBy(e);
    } finally {
      scheduleNext(pause);
    }
  }

  private Duration next() {
    if (standingBy) {
      return standBy();
    }
    return entry.isHeld() ? entry.isSettled() ? confirmAlive() : update() : join();
  }

  private Duration failedBy(Throwable e) {
    try {
      return failed(new ConsulFailure(ConsulFailure.Kind.MALFORMED, e.toString()), e);
    } catch (Throwable again) {
      // No memory even to say so.
      return LONGEST_PAUSE;
    }
  }

  /** Plans the next step, for as long as there is none and whatever stands in the way. */
  private void scheduleNext(Duration pause) {
    while (!state.isLeaving()) {
      try {
        long next = ++turn;
        means
            .scheduler()
            .schedule(
                pause,
                () ->
                    serial.execute(
                        entry.isHeld() ? Priority.HEARTBEAT : Priority.REGISTER,
                        () -> stepIfNext(next)));
        return;
      } catch (OutOfMemoryError e) {
        LockSupport.parkNanos(LONGEST_PAUSE.toNanos());
      }
    }
  }

  /** A step between two others makes the later one needless. */
  private void stepIfNext(long next) {
    if (next == turn) {
      step();
    }
  }

  private Duration join() {
    boolean before = mayBeHeld;
    mayBeHeld = true;
    if (entry.register() instanceof Result.Failed<Done> failed) {
      mayBeHeld = before || failed.mayHaveArrived();
      return failed(failed.failure());
    }
    confirmed = false;
    return state.isLeaving() ? Duration.ZERO : confirmAlive();
  }

  private Duration update() {
    if (entry.update() instanceof Result.Failed<Done> failed) {
      return failedOrForgotten(failed.failure());
    }
    return state.isLeaving() ? Duration.ZERO : confirmAlive();
  }

  private Duration confirmAlive() {
    return confirmAlive(true);
  }

  /**
   * Says that the service is alive, and looks whether what the agent holds is still this
   * registration, at the right address: that a heartbeat is taken says neither.
   *
   * @param mending whether what has changed is put right now; false if it has just been
   */
  private Duration confirmAlive(boolean mending) {
    long asked = means.clock().nanoTime();
    if (proof.heartbeat(agent, id) instanceof Result.Failed<Done> failed) {
      return failedOrForgotten(failed.failure());
    }
    Result<AgentService> answer = entry.find();
    if (answer instanceof Result.Failed<AgentService> failed) {
      boolean forgotten = failed.failure().kind() == ConsulFailure.Kind.UNKNOWN;
      return proof.isHeartbeat() && !forgotten
          ? confirmed(HealthStatus.PASSING, asked)
          : failedOrForgotten(failed.failure());
    }
    AgentService found = ((Result.Ok<AgentService>) answer).value();
    if (mending && !state.isLeaving()) {
      if (!found.isOwnedBy(entry.owner())) {
        return found.owner().isPresent() ? contested(found) : replaced(found);
      }
      if (!found.isInPlace()) {
        return misplaced(found);
      }
    }
    return confirmed(proof.status(found), asked);
  }

  private Duration confirmed(HealthStatus status, long asked) {
    confirmedAt = asked;
    confirmed = true;
    backoff.reset();
    outage.over();
    Duration took = means.clock().since(asked);
    means.listener().tell(to -> to.heartbeatConfirmed(id, took));
    if (status == HealthStatus.PASSING) {
      if (state.moveTo(RegistrationState.PASSING)) {
        log.info("{} is registered and passing", id);
      }
    } else if (state.moveTo(RegistrationState.JOINING)) {
      log.warn("{} is registered, but Consul does not find it passing", id);
    }
    return means.jittered(proof.interval(status));
  }

  /** The service is no longer reached where the agent says. */
  private Duration misplaced(AgentService found) {
    // Until the agent has taken it no heartbeat is sent, which would keep the old one listed.
    entry.outdate();
    if (entry.update() instanceof Result.Failed<Done> failed) {
      return failedOrForgotten(failed.failure());
    }
    log.info(
        "{} is registered at {} now, not at {}", id, found.desiredEndpoint(), found.endpoint());
    return confirmAlive(false);
  }

  /** Somebody has put another registration in place of this one, who is not of this library. */
  private Duration replaced(AgentService found) {
    if (!replaced || means.clock().since(replacedAt).compareTo(contest()) >= 0) {
      log.warn(
          "{} was registered by somebody else, at {}; registering it again", id, found.endpoint());
      replaced = true;
      replacedAt = means.clock().nanoTime();
    }
    return takeBack(found);
  }

  private Duration takeBack(AgentService found) {
    if (entry.takeBack(found) instanceof Result.Failed<Done> failed) {
      return failedOrForgotten(failed.failure());
    }
    return confirmAlive(false);
  }

  /**
   * Another process has registered the same id. It is taken back once, by which the other finds out
   * too; after that it is left to the other, as the two would take turns for ever.
   */
  private Duration contested(AgentService found) {
    boolean again = contested && means.clock().since(contestedAt).compareTo(contest()) < 0;
    contested = true;
    contestedAt = means.clock().nanoTime();
    if (!again) {
      log.warn(
          "Another process has registered the id {} too, at {}: only one of the two is listed at a"
              + " time; give each service an id of its own",
          id,
          found.endpoint());
      return takeBack(found);
    }
    standingBy = true;
    entry.forget();
    state.moveTo(RegistrationState.JOINING);
    log.warn("{} is left to the process at {}, until that leaves", id, found.endpoint());
    return STANDBY;
  }

  private Duration contest() {
    Duration beats = proof.interval(HealthStatus.CRITICAL).multipliedBy(4);
    return beats.compareTo(CONTEST) < 0 ? CONTEST : beats;
  }

  /** Looks whether the other process is still there; says nothing for it. */
  private Duration standBy() {
    Result<AgentService> answer = entry.find();
    if (answer instanceof Result.Failed<AgentService> failed) {
      if (failed.failure().kind() != ConsulFailure.Kind.UNKNOWN) {
        return failed(failed.failure());
      }
    } else {
      AgentService found = ((Result.Ok<AgentService>) answer).value();
      boolean lost = found.status() == HealthStatus.CRITICAL;
      outage.over();
      if (found.owner().isPresent()
          && !found.isOwnedBy(entry.owner())
          && !found.leaving()
          && !lost) {
        return means.jittered(STANDBY);
      }
      if (!found.isOwnedBy(entry.owner())) {
        log.info("The other process that has the id {} leaves or is lost; taking it over", id);
      }
    }
    standingBy = false;
    contested = false;
    return join();
  }

  private Duration failedOrForgotten(ConsulFailure failure) {
    return failure.kind() == ConsulFailure.Kind.UNKNOWN ? forgotten(failure) : failed(failure);
  }

  /**
   * The agent answers but does not hold the service: registers at once, but not in a tight loop.
   */
  private Duration forgotten(ConsulFailure failure) {
    entry.forget();
    if (!confirmed) {
      return failed(failure);
    }
    confirmed = false;
    log.warn("Consul has forgotten {} ({}); registering it again", id, failure);
    state.moveTo(RegistrationState.JOINING);
    return Duration.ZERO;
  }

  private Duration failed(ConsulFailure failure) {
    return failed(failure, null);
  }

  private Duration failed(ConsulFailure failure, @Nullable Throwable unexpected) {
    outage.failed(failure, unexpected);
    means.listener().tell(to -> to.registrationFailed(id, failure));
    if (isOverdue()) {
      state.moveTo(RegistrationState.JOINING);
    }
    return backoff.next();
  }

  @Override
  public void beginMaintenance(String reason) {
    Require.text("reason", reason, 255);
    change(want -> want.maintenance(Optional.of(reason)));
  }

  @Override
  public void endMaintenance() {
    change(want -> want.maintenance(Optional.empty()));
  }

  @Override
  public void weights(int passing, int warning) {
    change(want -> want.definition(want.definition().withWeights(passing, warning)));
  }

  @Override
  public void tags(List<String> tags) {
    List<String> others = List.copyOf(tags);
    change(want -> want.definition(want.definition().withTags(others)));
  }

  private void change(UnaryOperator<DesiredState> change) {
    entry.change(change);
    if (!state.isLeaving() && !changeQueued.getAndSet(true)) {
      serial.execute(Priority.HEARTBEAT, this::changed);
    }
  }

  private void changed() {
    changeQueued.set(false);
    // While Consul can't be reached or the service is not registered, a step is due soon anyway.
    if (entry.isHeld() && !settled() && !outage.isOn()) {
      step();
    }
  }

  @Override
  public boolean settled() {
    return entry.isSettled();
  }

  @Override
  public CompletableFuture<Boolean> leaveAsync() {
    beginLeave();
    return departure.done();
  }

  public void beginLeave() {
    departure.begin();
  }

  @Override
  public boolean leave() {
    return departure.await();
  }

  /**
   * Waits for a leave that has begun, and tells what it brought; gives it up if that takes longer.
   */
  public boolean awaitLeft(Duration atMost) {
    return departure.await(atMost);
  }

  @Override
  public void close() {
    leave();
  }
}
