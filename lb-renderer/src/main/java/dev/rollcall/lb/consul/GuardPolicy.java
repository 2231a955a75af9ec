package dev.rollcall.lb.consul;

/**
 * What becomes of a pool that is still too small at the end of the grace time, though nobody took
 * its instances out. Immutable.
 */
public sealed interface GuardPolicy {
  /** The instances that were lost stay in the pool until enough are back. */
  record Hold() implements GuardPolicy {}

  /** Consul is believed: without instances HAProxy answers 503. */
  record Serve503() implements GuardPolicy {}

  /**
   * Consul is believed, and the instances of another service help out.
   *
   * @param service its name
   */
  record Fallback(String service) implements GuardPolicy {}
}
