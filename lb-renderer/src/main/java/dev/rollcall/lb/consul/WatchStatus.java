package dev.rollcall.lb.consul;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How far a pool is to be trusted.
 *
 * @param age time since Consul last confirmed it
 * @param stale whether it may be out of date, as Consul doesn't answer
 * @param failure why the last call brought no usable answer; empty if it did
 * @param leftOut instances that no pool could have, as their address, port or id is none; each with
 *     the reason
 */
public record WatchStatus(
    Duration age, boolean stale, Optional<String> failure, List<String> leftOut) {
  /** Copies the list. */
  public WatchStatus {
    leftOut = List.copyOf(leftOut);
  }
}
