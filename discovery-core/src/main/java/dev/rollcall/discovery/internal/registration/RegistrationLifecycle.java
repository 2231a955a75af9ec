package dev.rollcall.discovery.internal.registration;

import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.internal.api.SafeListener;

/**
 * The state of a registration, and the rule that makes a phantom impossible: once leaving has
 * begun, no earlier state ever comes back. Thread-safe.
 */
final class RegistrationLifecycle {

  private final String id;
  private final SafeListener events;
  private RegistrationState state = RegistrationState.JOINING;

  /** A registration that is joining. */
  RegistrationLifecycle(String id, SafeListener events) {
    this.id = id;
    this.events = events;
  }

  synchronized RegistrationState get() {
    return state;
  }

  synchronized boolean isLeaving() {
    return state.compareTo(RegistrationState.DRAINING) >= 0;
  }

  /** Goes on to another state, unless the rule forbids it. Returns whether anything has changed. */
  boolean moveTo(RegistrationState to) {
    RegistrationState from;
    synchronized (this) {
      from = state;
      boolean allowed = !isLeaving() || to.compareTo(from) > 0;
      if (from == to || !allowed) {
        return false;
      }
      state = to;
    }
    events.changed(id, from, to);
    return true;
  }
}
