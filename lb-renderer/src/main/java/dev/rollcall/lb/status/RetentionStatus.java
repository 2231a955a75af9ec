package dev.rollcall.lb.status;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the guard holds of a pool. Immutable.
 *
 * @param held the ids of the instances that are served though Consul doesn't call them passing
 * @param reason why they are missing in Consul
 * @param since when the first of them was missed
 * @param until when the last of them is let go if nothing changes; null if that takes a change
 */
public record RetentionStatus(
    List<String> held, String reason, Instant since, @Nullable Instant until) {
  /** Copies the list. */
  public RetentionStatus {
    held = List.copyOf(held);
  }

  /** This one with the first few ids alone. */
  RetentionStatus listing(int most) {
    return new RetentionStatus(
        held.stream().limit(most).map(Clipped::of).toList(), reason, since, until);
  }
}
