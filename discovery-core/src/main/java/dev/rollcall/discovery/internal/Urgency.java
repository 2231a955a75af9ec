package dev.rollcall.discovery.internal;

/**
 * Which call to the agent goes first when many wait. A leave has seconds; a heartbeat that comes
 * late takes a service out of every pool; one that is not in yet can wait.
 */
enum Urgency {
  /** The service leaves. */
  LEAVE,
  /** The service is there, and is to stay as it should be. */
  KEEP,
  /** The service is to be registered. */
  JOIN
}
