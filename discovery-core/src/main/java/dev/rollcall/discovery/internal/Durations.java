package dev.rollcall.discovery.internal;

import java.time.Duration;

/** What {@link Duration} lacks. */
final class Durations {

  private Durations() {}

  static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
