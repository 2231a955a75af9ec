package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.Answer.Done;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one service registered until it leaves. All calls to the agent are made by tasks that run
 * one after the other; once the {@link Departure} has begun, none of them registers any more.
 */
final class RegistrationLoop implements Registration {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final ServiceDefinition definition;
  private final Agent agent;
  private final Means means;
  private final Executor serial;
  private final LifeState state;
  private final Departure departure;
  private final Duration ttl;
  private final Duration beatInterval;
  private final Backoff backoff;
  private final Outage outage;

  // Touched by the serial tasks alone.
  private boolean attempted;
  private boolean registered;
  private boolean confirmed;
  private long confirmedAt;

  RegistrationLoop(ServiceDefinition definition, Agent agent, Means means, Duration leaveTimeout) {
    this.definition = definition;
    this.agent = agent;
    this.means = means;
    serial = means.serial();
    state = new LifeState(definition.id(), means.events());
    ttl = ((HealthCheck.Ttl) definition.check()).ttl();
    beatInterval = ttl.dividedBy(3);
    departure =
        new Departure(
            definition.id(),
            agent,
            state,
            serial,
            means,
            leaveTimeout,
            () -> attempted,
            "its check lapses in "
                + ttl.toSeconds()
                + " s, and Consul removes it "
                + definition.check().deregisterAfter().toSeconds()
                + " s later");
    // Short, as an agent that comes back without its data lists nobody until all have joined again.
    backoff = new Backoff(shorter(beatInterval, LONGEST_PAUSE), means.random());
    outage = new Outage("Registration " + definition.id(), means.clock());
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
    means.timer().after(pause, () -> serial.execute(this::step));
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
    long asked = means.clock().nanoTime();
    if (agent.beat(id()) instanceof Answer.Failed<Done> failed) {
      return failed.failure().kind() == ConsulFailure.Kind.UNKNOWN
          ? forgotten(failed.failure())
          : failed(failed.failure());
    }
    confirmedAt = means.clock().nanoTime();
    confirmed = true;
    backoff.reset();
    outage.over();
    means.events().tell(to -> to.beatConfirmed(id(), Duration.ofNanos(confirmedAt - asked)));
    if (state.moveTo(RegistrationState.PASSING)) {
      log.info("{} is registered and passing", id());
    }
    return means.jittered(beatInterval);
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
    state.moveTo(RegistrationState.JOINING);
    return Duration.ZERO;
  }

  private Duration failed(ConsulFailure failure) {
    return failed(failure, null);
  }

  private Duration failed(ConsulFailure failure, @Nullable Throwable unexpected) {
    outage.failed(failure, unexpected);
    means.events().tell(to -> to.registrationFailed(id(), failure));
    if (means.clock().since(confirmedAt).compareTo(ttl) >= 0) {
      state.moveTo(RegistrationState.JOINING);
    }
    return backoff.next();
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
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
