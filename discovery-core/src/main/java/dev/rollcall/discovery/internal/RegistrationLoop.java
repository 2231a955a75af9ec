package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.Answer.Done;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one service registered, as it is wanted, until it leaves. All calls to the agent are made
 * by tasks that run one after the other; once the {@link Departure} has begun, none of them
 * registers any more.
 */
final class RegistrationLoop implements Registration {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final String id;
  private final Agent agent;
  private final Means means;
  private final SerialExecutor serial;
  private final LifeState state;
  private final Departure departure;
  private final Proof proof;
  private final Backoff backoff;
  private final Outage outage;
  private final Entry entry;
  private final AtomicBoolean changeQueued = new AtomicBoolean();

  private volatile long confirmedAt;

  // Touched by the serial tasks alone.
  private boolean mayBeHeld;
  private boolean confirmed;
  private long turn;

  RegistrationLoop(ServiceDefinition definition, Agent agent, Means means, Duration leaveTimeout) {
    this.id = definition.id();
    this.agent = agent;
    this.means = means;
    entry = new Entry(definition, agent);
    serial = means.serial();
    state = new LifeState(id, means.events());
    proof = Proof.of(definition);
    departure =
        new Departure(definition, agent, state, serial, means, leaveTimeout, () -> mayBeHeld);
    // Short, as an agent that comes back without its data lists nobody until all have joined again.
    backoff =
        new Backoff(
            Durations.shorter(proof.rhythm(HealthStatus.CRITICAL), LONGEST_PAUSE), means.random());
    outage = new Outage("Registration " + id, means.clock());
  }

  void start() {
    serial.execute(Urgency.JOIN, this::step);
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
    return means.clock().since(confirmedAt).compareTo(proof.holds()) >= 0;
  }

  private void step() {
    if (state.isLeaving()) {
      return;
    }
    Duration pause = LONGEST_PAUSE;
    try {
      pause = entry.isHeld() ? entry.isSettled() ? prove() : update() : join();
    } catch (Throwable e) {
      // Nothing may end the heartbeats but leaving.
      pause = failedBy(e);
    } finally {
      goOn(pause);
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

  /** Plans the next step, for as long as there is none and whatever stands in the way. */
  private void goOn(Duration pause) {
    while (!state.isLeaving()) {
      try {
        long next = ++turn;
        means
            .timer()
            .after(
                pause,
                () ->
                    serial.execute(
                        entry.isHeld() ? Urgency.KEEP : Urgency.JOIN, () -> stepIfNext(next)));
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
    if (entry.register() instanceof Answer.Failed<Done> failed) {
      mayBeHeld = before || failed.mayHaveArrived();
      return failed(failed.failure());
    }
    confirmed = false;
    return state.isLeaving() ? Duration.ZERO : prove();
  }

  private Duration update() {
    if (entry.update() instanceof Answer.Failed<Done> failed) {
      return failedOrForgotten(failed.failure());
    }
    return state.isLeaving() ? Duration.ZERO : prove();
  }

  private Duration prove() {
    long asked = means.clock().nanoTime();
    Answer<HealthStatus> answer = proof.ask(agent, id);
    if (answer instanceof Answer.Failed<HealthStatus> failed) {
      return failedOrForgotten(failed.failure());
    }
    HealthStatus status = ((Answer.Ok<HealthStatus>) answer).value();
    confirmedAt = asked;
    confirmed = true;
    backoff.reset();
    outage.over();
    Duration took = means.clock().since(asked);
    means.events().tell(to -> to.beatConfirmed(id, took));
    if (status == HealthStatus.PASSING) {
      if (state.moveTo(RegistrationState.PASSING)) {
        log.info("{} is registered and passing", id);
      }
    } else if (state.moveTo(RegistrationState.JOINING)) {
      log.warn("{} is registered, but Consul does not find it passing", id);
    }
    return means.jittered(proof.rhythm(status));
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
    means.events().tell(to -> to.registrationFailed(id, failure));
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

  private void change(UnaryOperator<Wanted> change) {
    entry.change(change);
    if (!state.isLeaving() && !changeQueued.getAndSet(true)) {
      serial.execute(Urgency.KEEP, this::changed);
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

  void beginLeave() {
    departure.begin();
  }

  @Override
  public boolean leave() {
    return departure.await();
  }

  /**
   * Waits for a leave that has begun, and tells what it brought; gives it up if that takes longer.
   */
  boolean awaitLeft(Duration atMost) {
    return departure.await(atMost);
  }

  @Override
  public void close() {
    leave();
  }
}
