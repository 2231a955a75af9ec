package dev.rollcall.discovery.internal.concurrent;

/**
 * Which call to the agent goes first when many wait. A leave has seconds; a heartbeat that comes
 * late takes a service out of every pool; one that is not in yet can wait.
 */
public enum Priority {
  /** The service leaves. */
  DEREGISTER,
  /** The service is there, and is to stay as it should be. */
  HEARTBEAT,
  /** The service is to be registered. */
  REGISTER
}
