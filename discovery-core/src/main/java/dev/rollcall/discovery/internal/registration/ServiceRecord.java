package dev.rollcall.discovery.internal.registration;

import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.SafeListener;
import dev.rollcall.discovery.internal.concurrent.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What one service shall be in its agent's registry, what the agent was told, and the state of the
 * registration. Thread-safe, but for what the tasks of the service alone touch.
 */
final class ServiceRecord {

  /**
   * What Consul shall hold of a service.
   *
   * @param maintenance why the service is in maintenance; empty if it is not
   */
  record DesiredState(ServiceDefinition definition, Optional<String> maintenance) {
    DesiredState definition(ServiceDefinition other) {
      return new DesiredState(other, maintenance);
    }

    DesiredState maintenance(Optional<String> reason) {
      return new DesiredState(definition, reason);
    }
  }

  private final String owner;
  private final SafeListener listener;
  private RegistrationState state = RegistrationState.JOINING;
  private volatile DesiredState desired;

  /** What the agent was told; null while it is not known to hold the service. */
  private volatile @Nullable DesiredState told;

  /** Whether what the agent was told is wrong by now, though nobody has asked for a change. */
  private volatile boolean outdated;

  /** Whether the agent may hold the service. Touched by the tasks of the service alone. */
  boolean mayBeHeld;

  /** Whether another process is known to want the id. Touched by the tasks alone. */
  boolean contested;

  /**
   * A record that nobody was told of.
   *
   * @param owner tells this registration from every other
   */
  ServiceRecord(ServiceDefinition definition, String owner, SafeListener listener) {
    this.owner = owner;
    this.listener = listener;
    desired = new DesiredState(definition, Optional.empty());
  }

  String id() {
    return desired.definition().id();
  }

  String owner() {
    return owner;
  }

  /** Waits until a condition holds that {@link #moveTo} may bring about, or time is up. */
  synchronized void await(BooleanSupplier condition, Duration atMost) throws InterruptedException {
    Clock clock = Clock.system();
    long began = clock.nanoTime();
    while (!condition.getAsBoolean()) {
      long left = atMost.minus(clock.since(began)).toNanos();
      if (left <= 0) {
        return;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  synchronized RegistrationState state() {
    return state;
  }

  synchronized boolean isLeaving() {
    return state.compareTo(RegistrationState.DRAINING) >= 0;
  }

  /**
   * Changes the state, unless that would take back a leave: once leaving has begun, no earlier
   * state ever comes back. Returns whether anything has changed.
   */
  boolean moveTo(RegistrationState to) {
    RegistrationState from;
    synchronized (this) {
      from = state;
      // Also if the state stays: a heartbeat that was overdue may have been confirmed.
      notifyAll();
      if (from == to || (isLeaving() && to.compareTo(from) < 0)) {
        return false;
      }
      state = to;
    }
    listener.changed(id(), from, to);
    return true;
  }

  DesiredState desired() {
    return desired;
  }

  synchronized void change(UnaryOperator<DesiredState> change) {
    desired = change.apply(desired);
  }

  /** What the agent was told, and has not been found to have forgotten since. */
  @Nullable DesiredState told() {
    return told;
  }

  void told(DesiredState state) {
    told = state;
    outdated = false;
  }

  void forget() {
    told = null;
  }

  /** Where the service is reached has changed. */
  void outdate() {
    outdated = true;
  }

  boolean isOutdated() {
    return outdated;
  }

  /** Whether the agent was told all that is wanted. */
  boolean isSettled() {
    return !outdated && desired.equals(told);
  }
}
