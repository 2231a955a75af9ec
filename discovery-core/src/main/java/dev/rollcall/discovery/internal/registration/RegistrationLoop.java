package dev.rollcall.discovery.internal.registration;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.AgentApi.AgentService;
import dev.rollcall.discovery.internal.api.AgentApi.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.LivenessCheck;
import dev.rollcall.discovery.internal.api.OutageLog;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Backoff;
import dev.rollcall.discovery.internal.concurrent.BoundedSupplier;
import dev.rollcall.discovery.internal.concurrent.DaemonThreads;
import dev.rollcall.discovery.internal.concurrent.SerialExecutor;
import dev.rollcall.discovery.internal.concurrent.SerialExecutor.Priority;
import dev.rollcall.discovery.internal.net.Require;
import dev.rollcall.discovery.internal.registration.ServiceRecord.DesiredState;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Keeps one service registered, as it is wanted, until it leaves. All calls to the agent are made
 * by tasks that run one after the other; once the {@link Deregistration} has begun, none of them
 * registers any more.
 */
public final class RegistrationLoop implements Registration {

  private static final Logger log = LoggerFactory.getLogger(RegistrationLoop.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
  private static final Duration LONGEST_HEALTH_CALL = Duration.ofSeconds(1);

  /** How often it looks whether the other process that has the id leaves. */
  private static final Duration STANDBY_INTERVAL = Duration.ofMillis(500);

  /** How long it is remembered that somebody else has registered the id. */
  private static final Duration CONTEST_MEMORY = Duration.ofMinutes(1);

  private final ServiceRecord record;
  private final AgentApi agent;
  private final RuntimeContext context;
  private final SerialExecutor serial;
  private final Deregistration deregistration;
  private final LivenessCheck check;
  private final Backoff backoff;
  private final OutageLog outage;
  private final Duration contestMemory;
  private final AtomicBoolean changeQueued = new AtomicBoolean();
  private final AtomicBoolean reportQueued = new AtomicBoolean();

  /** What the service says of itself; null if its heartbeats only say that it is alive. */
  private final @Nullable BoundedSupplier<HealthReport> health;

  private volatile long confirmedAt;

  // Touched by the serial tasks alone.
  private boolean confirmed;
  private @Nullable HealthStatus reported;
  private boolean hasPassed;

  /** Whether this step was asked for by {@link #reportHealth}. */
  private boolean announcing;

  /** Whether the present status was only announced so far, and not warned of. */
  private boolean warningDue;

  private long contestedAt;
  private boolean standingBy;
  private boolean replaced;
  private long replacedAt;
  private long lastScheduled;

  /** A loop that has not begun, of an id that was not registered before. */
  public RegistrationLoop(
      ServiceDefinition definition, AgentApi agent, RuntimeContext context, Duration leaveTimeout) {
    this(definition, agent, context, leaveTimeout, context.serial());
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
      RuntimeContext context,
      Duration leaveTimeout,
      SerialExecutor serial) {
    this.agent = agent;
    this.context = context;
    this.serial = serial;
    String owner = "%016x".formatted(context.random().nextLong());
    record = new ServiceRecord(definition, owner, context.listener());
    check = LivenessCheck.of(definition);
    health = definition.reportedHealth().map(RegistrationLoop::bounded).orElse(null);
    deregistration = new Deregistration(definition, record, agent, serial, context, leaveTimeout);
    // Short, as an agent that comes back without its data lists nobody until all have joined again.
    backoff =
        new Backoff(Collections.min(List.of(check.otherwise(), LONGEST_PAUSE)), context.random());
    outage = new OutageLog("Registration " + record.id(), context.clock());
    contestMemory = Collections.max(List.of(check.otherwise().multipliedBy(4), CONTEST_MEMORY));
  }

  private static BoundedSupplier<HealthReport> bounded(Supplier<HealthReport> supplier) {
    ThreadFactory threads = DaemonThreads.platformFactory("rollcall-health-");
    return new BoundedSupplier<>(
        supplier, task -> threads.newThread(task).start(), LONGEST_HEALTH_CALL);
  }

  /** Whether it has left, and nothing is sent for it any more. */
  public boolean isOver() {
    return record.state() == RegistrationState.LEFT && serial.isIdle();
  }

  /** What runs all calls for the id. */
  public SerialExecutor serial() {
    return serial;
  }

  /** Begins to register; does not wait. */
  public void start() {
    serial.execute(Priority.REGISTER, this::step);
  }

  @Override
  public String id() {
    return record.id();
  }

  /** What Consul last confirmed, even if the tasks get no thread. */
  @Override
  public RegistrationState state() {
    RegistrationState known = record.state();
    return known == RegistrationState.PASSING && isOverdue() ? RegistrationState.JOINING : known;
  }

  @Override
  public boolean awaitPassing(Duration timeout) throws InterruptedException {
    record.await(() -> isPassing() || record.isLeaving(), timeout);
    return isPassing();
  }

  private boolean isPassing() {
    return state() == RegistrationState.PASSING;
  }

  private boolean isOverdue() {
    return context.clock().since(confirmedAt).compareTo(check.validity()) >= 0;
  }

  private void step() {
    if (record.isLeaving()) {
      return;
    }
    Duration pause = LONGEST_PAUSE;
    try {
      pause = standingBy ? standBy() : record.told() == null ? join() : keep();
    } catch (Throwable e) {
      // Nothing may end the heartbeats but leaving.
      pause = failedBy(e);
    } finally {
      scheduleNext(pause);
    }
  }

  private Duration failedBy(Throwable e) {
    try {
      return failed(new ConsulFailure(ConsulFailure.Kind.MALFORMED, e.toString()), e);
    } catch (Throwable again) {
      // No memory even to say so.
      return LONGEST_PAUSE;
    }
  }

  /** Schedules the next step, for as long as there is none and whatever stands in the way. */
  private void scheduleNext(Duration pause) {
    while (!record.isLeaving()) {
      try {
        long next = ++lastScheduled;
        context.scheduler().schedule(pause, () -> executeNext(next));
        return;
      } catch (OutOfMemoryError e) {
        LockSupport.parkNanos(LONGEST_PAUSE.toNanos());
      }
    }
  }

  private void executeNext(long number) {
    serial.execute(
        record.told() == null ? Priority.REGISTER : Priority.HEARTBEAT,
        () -> {
          // A step between two others makes the later one needless.
          if (number == lastScheduled) {
            step();
          }
        });
  }

  private Duration join() {
    boolean before = record.mayBeHeld;
    record.mayBeHeld = true;
    if (register() instanceof Result.Failed<Done> failed) {
      record.mayBeHeld = before || failed.mayHaveArrived();
      return failed(failed.failure(), null);
    }
    confirmed = false;
    return record.isLeaving() ? Duration.ZERO : confirmAlive(true);
  }

  private Duration keep() {
    if (!record.isSettled()) {
      if (update() instanceof Result.Failed<Done> failed) {
        return failedOrForgotten(failed.failure());
      }
      if (record.isLeaving()) {
        return Duration.ZERO;
      }
    }
    return confirmAlive(true);
  }

  /**
   * Says that the service is alive, and looks whether what the agent holds is still this
   * registration, at the right address: that a heartbeat is taken says neither.
   *
   * @param mending whether what has changed is put right now; false if it has just been
   */
  private Duration confirmAlive(boolean mending) {
    long asked = context.clock().nanoTime();
    HealthReport report = health();
    if (check.isHeartbeat()
        && agent.heartbeat(id(), report) instanceof Result.Failed<Done> failed) {
      return failedOrForgotten(failed.failure());
    }
    Result<AgentService> result = agent.find(registration(record.desired()));
    if (result instanceof Result.Failed<AgentService> failed) {
      boolean forgotten = failed.failure().kind() == ConsulFailure.Kind.UNKNOWN;
      return check.isHeartbeat() && !forgotten
          ? confirmed(report.status(), asked)
          : failedOrForgotten(failed.failure());
    }
    AgentService found = ((Result.Ok<AgentService>) result).value();
    if (mending && !record.isLeaving()) {
      if (!found.isOwnedBy(record.owner())) {
        return found.owner().isPresent() ? contested(found) : replaced(found);
      }
      if (!found.isInPlace()) {
        return misplaced(found);
      }
    }
    return confirmed(check.isHeartbeat() ? report.status() : found.status(), asked);
  }

  /** What a heartbeat says now; tells when that becomes another status. */
  private HealthReport health() {
    if (health == null) {
      return HealthReport.passing();
    }
    AtomicBoolean unanswered = new AtomicBoolean();
    HealthReport report =
        health.get(
            how -> {
              unanswered.set(true);
              return HealthReport.critical("the supplier of the service's health " + how);
            });
    HealthStatus status = report.status();
    if (status == HealthStatus.PASSING) {
      if (reported != null && reported != status) {
        log.info("{} reports that it is passing", id());
      }
      hasPassed = true;
      warningDue = false;
    } else if (reported != status || (warningDue && !announcing)) {
      // A service that is not ready yet is no trouble: most register while they start. Nor is one
      // that announces it and leaves at once, as frameworks have it when they stop.
      boolean warn = unanswered.get() || (hasPassed && !announcing);
      warningDue = hasPassed && !warn;
      log.atLevel(warn ? Level.WARN : Level.INFO)
          .log(
              "{} reports that it is {}: {}",
              id(),
              status.name().toLowerCase(Locale.ROOT),
              report.output());
    }
    reported = status;
    return report;
  }

  private Duration confirmed(HealthStatus status, long asked) {
    confirmedAt = asked;
    confirmed = true;
    backoff.reset();
    outage.over();
    Duration took = context.clock().since(asked);
    context.listener().tell(to -> to.heartbeatConfirmed(id(), took));
    if (status == HealthStatus.PASSING) {
      if (record.moveTo(RegistrationState.PASSING)) {
        log.info("{} is registered and passing", id());
      }
    } else if (record.moveTo(RegistrationState.JOINING) && !check.isHeartbeat()) {
      log.warn("{} is registered, but Consul does not find it passing", id());
    }
    return context.jittered(check.interval(status));
  }

  /** The service is no longer reached where the agent says. */
  private Duration misplaced(AgentService found) {
    // Until the agent has taken it no heartbeat is sent, which would keep the old one listed.
    record.outdate();
    if (update() instanceof Result.Failed<Done> failed) {
      return failedOrForgotten(failed.failure());
    }
    log.info(
        "{} is registered at {} now, not at {}", id(), found.desiredEndpoint(), found.endpoint());
    return confirmAlive(false);
  }

  /** Somebody who is not of this library has put another registration in place of this one. */
  private Duration replaced(AgentService found) {
    if (!replaced || context.clock().since(replacedAt).compareTo(contestMemory) >= 0) {
      log.warn(
          "{} was registered by somebody else, at {}; registering it again",
          id(),
          found.endpoint());
      replaced = true;
      replacedAt = context.clock().nanoTime();
    }
    return takeBack(found);
  }

  /** The maintenance that somebody has put it into stays. */
  private Duration takeBack(AgentService found) {
    Result<Done> result =
        found.status() == HealthStatus.MAINTENANCE ? tell(record.desired()) : register();
    return result instanceof Result.Failed<Done> failed
        ? failedOrForgotten(failed.failure())
        : confirmAlive(false);
  }

  /**
   * Another process has registered the same id. It is taken back once, by which the other finds out
   * too; after that it is left to the other, as the two would take turns for ever.
   */
  private Duration contested(AgentService found) {
    boolean again =
        record.contested && context.clock().since(contestedAt).compareTo(contestMemory) < 0;
    record.contested = true;
    contestedAt = context.clock().nanoTime();
    if (!again) {
      log.warn(
          "Another process has registered the id {} too, at {}: only one of the two is listed at a"
              + " time; give each service an id of its own",
          id(),
          found.endpoint());
      return takeBack(found);
    }
    standingBy = true;
    record.forget();
    record.moveTo(RegistrationState.JOINING);
    log.warn("{} is left to the process at {}, until that leaves", id(), found.endpoint());
    return STANDBY_INTERVAL;
  }

  /** Looks whether the other process is still there; says nothing for it. */
  private Duration standBy() {
    Result<AgentService> result = agent.find(registration(record.desired()));
    if (result instanceof Result.Failed<AgentService> failed) {
      if (failed.failure().kind() != ConsulFailure.Kind.UNKNOWN) {
        return failed(failed.failure(), null);
      }
    } else {
      AgentService found = ((Result.Ok<AgentService>) result).value();
      boolean lost = found.status() == HealthStatus.CRITICAL;
      outage.over();
      boolean others = !found.isOwnedBy(record.owner());
      if (others && found.owner().isPresent() && !found.leaving() && !lost) {
        return context.jittered(STANDBY_INTERVAL);
      }
      if (others) {
        log.info("The other process that has the id {} leaves or is lost; taking it over", id());
      }
    }
    standingBy = false;
    record.contested = false;
    return join();
  }

  private Duration failedOrForgotten(ConsulFailure failure) {
    if (failure.kind() != ConsulFailure.Kind.UNKNOWN) {
      return failed(failure, null);
    }
    record.forget();
    if (!confirmed) {
      return failed(failure, null);
    }
    // Registers at once, but not in a tight loop.
    confirmed = false;
    log.warn("Consul has forgotten {} ({}); registering it again", id(), failure);
    record.moveTo(RegistrationState.JOINING);
    return Duration.ZERO;
  }

  private Duration failed(ConsulFailure failure, @Nullable Throwable unexpected) {
    outage.failed(failure, unexpected);
    context.listener().tell(to -> to.registrationFailed(id(), failure));
    if (isOverdue()) {
      record.moveTo(RegistrationState.JOINING);
    }
    // The next heartbeat is in time, whatever was asked for.
    return backoff.next(Collections.min(List.of(failure.retryAfter(), check.otherwise())));
  }

  /**
   * Tells the agent all of it, whatever that may hold: a maintenance of an earlier life, which
   * outlives the process, goes with the checks that are replaced.
   */
  private Result<Done> register() {
    DesiredState desired = record.desired();
    boolean maintained = desired.maintenance().isPresent();
    // Who registers is alive: it counts as the first heartbeat, and watchers see the service one
    // answer earlier. One that is to be in maintenance must not be seen before that is said.
    HealthStatus initial = maintained ? HealthStatus.CRITICAL : health().status();
    Result<Done> result = agent.register(registration(desired), initial);
    if (maintained && result instanceof Result.Ok<Done>) {
      result = maintain(desired, Optional.empty());
      if (result instanceof Result.Failed<Done> failed) {
        // Whatever became of this one, the service did arrive.
        result = new Result.Failed<>(failed.failure());
      }
    }
    return told(desired, result);
  }

  /** Tells the agent, which holds it, what has changed. */
  private Result<Done> update() {
    DesiredState desired = record.desired();
    DesiredState before = Objects.requireNonNull(record.told(), "not registered");
    Result<Done> result =
        record.isOutdated() || !desired.definition().equals(before.definition())
            ? agent.update(registration(desired))
            : Result.done();
    if (result instanceof Result.Ok<Done> && !desired.maintenance().equals(before.maintenance())) {
      result = maintain(desired, before.maintenance());
    }
    return told(desired, result);
  }

  private Result<Done> tell(DesiredState desired) {
    return told(desired, agent.update(registration(desired)));
  }

  private AgentServiceRegistration registration(DesiredState desired) {
    return new AgentServiceRegistration(desired.definition(), record.owner());
  }

  /** Consul keeps the first reason of a maintenance, whatever it is told by beginning again. */
  private Result<Done> maintain(DesiredState desired, Optional<String> before) {
    if (desired.maintenance().isEmpty()) {
      return agent.endMaintenance(id());
    }
    String reason = desired.maintenance().get();
    return before.isPresent()
        ? agent.changeMaintenance(id(), reason)
        : agent.beginMaintenance(id(), reason);
  }

  private Result<Done> told(DesiredState desired, Result<Done> result) {
    if (result instanceof Result.Ok<Done>) {
      record.told(desired);
    }
    return result;
  }

  @Override
  public void beginMaintenance(String reason) {
    Require.text("reason", reason, 255);
    change(desired -> desired.maintenance(Optional.of(reason)));
  }

  @Override
  public void endMaintenance() {
    change(desired -> desired.maintenance(Optional.empty()));
  }

  @Override
  public void weights(int passing, int warning) {
    change(desired -> desired.definition(desired.definition().weights(passing, warning)));
  }

  @Override
  public void tags(List<String> tags) {
    List<String> others = List.copyOf(tags);
    change(desired -> desired.definition(desired.definition().tags(others)));
  }

  @Override
  public void reportHealth() {
    if (health != null && !record.isLeaving() && !reportQueued.getAndSet(true)) {
      serial.execute(Priority.HEARTBEAT, this::reportNow);
    }
  }

  private void reportNow() {
    reportQueued.set(false);
    // While Consul can't be reached or the service is not registered, a step is due soon anyway.
    if (record.told() != null && !outage.isOn()) {
      announcing = true;
      try {
        step();
      } finally {
        announcing = false;
      }
    }
  }

  private void change(UnaryOperator<DesiredState> change) {
    record.change(change);
    if (!record.isLeaving() && !changeQueued.getAndSet(true)) {
      serial.execute(Priority.HEARTBEAT, this::changed);
    }
  }

  private void changed() {
    changeQueued.set(false);
    // While Consul can't be reached or the service is not registered, a step is due soon anyway.
    if (record.told() != null && !settled() && !outage.isOn()) {
      step();
    }
  }

  @Override
  public boolean settled() {
    return record.isSettled();
  }

  /** Begins to leave; does not wait. */
  public void beginLeave() {
    deregistration.begin();
  }

  @Override
  public CompletableFuture<Boolean> leaveAsync() {
    deregistration.begin();
    return deregistration.done();
  }

  @Override
  public boolean leave() {
    return deregistration.await();
  }

  /** As {@link #leave()}, for a leave that has begun; gives it up if it takes longer. */
  public boolean awaitLeft(Duration atMost) {
    return deregistration.await(atMost);
  }

  @Override
  public void close() {
    leave();
  }
}
