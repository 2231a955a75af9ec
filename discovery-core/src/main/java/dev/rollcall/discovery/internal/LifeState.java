package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.RegistrationState;
import org.jspecify.annotations.Nullable;

/**
 * The state of a registration, and the rule that makes a phantom impossible: once leaving has
 * begun, no earlier state ever comes back. Thread-safe.
 */
final class LifeState {

  private RegistrationState state = RegistrationState.JOINING;

  synchronized RegistrationState get() {
    return state;
  }

  synchronized boolean isLeaving() {
    return state.compareTo(RegistrationState.DRAINING) >= 0;
  }

  /**
   * Goes on to another state, unless the rule forbids it.
   *
   * @return the state before, or null if nothing has changed
   */
  synchronized @Nullable RegistrationState moveTo(RegistrationState to) {
    RegistrationState from = state;
    boolean allowed = !isLeaving() || to.compareTo(from) > 0;
    if (from == to || !allowed) {
      return null;
    }
    state = to;
    return from;
  }
}
