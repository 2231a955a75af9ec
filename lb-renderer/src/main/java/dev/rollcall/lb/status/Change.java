package dev.rollcall.lb.status;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something that changed, for the history. Immutable.
 *
 * @param number counts up from 1 over the life of the process
 * @param at when; of something that happens again and again, when it last did
 * @param kind {@code joined}, {@code left}, {@code left-out}, {@code template}, or an {@link
 *     ApplyStatus#kind}
 * @param service whose instances; null for what is of no service
 * @param instances the ids of the first few
 * @param count how many instances, or how often it happened
 * @param reason what differed, or what is wrong; null if there is nothing to say
 * @param seconds how long it took; null for what takes no time
 * @param secondsSinceChange as {@link ApplyStatus#secondsSinceChange}
 */
public record Change(
    long number,
    Instant at,
    String kind,
    @Nullable String service,
    List<String> instances,
    int count,
    @Nullable String reason,
    @Nullable Double seconds,
    @Nullable Double secondsSinceChange) {
  private static final int MOST_NAMED = 5;

  /** Copies the first few ids, and clips the texts. */
  public Change {
    instances = instances.stream().limit(MOST_NAMED).map(Clipped::of).toList();
    reason = reason == null ? null : Clipped.of(reason);
  }

  static Change ofPool(Instant at, String kind, String service, List<String> instances) {
    return new Change(0, at, kind, service, instances, instances.size(), null, null, null);
  }

  static Change ofTemplate(TemplateStatus template, Instant at) {
    String reason = template.problem() == null ? "read again" : template.problem();
    return new Change(0, at, "template", null, List.of(), 1, reason, null, null);
  }

  static Change of(ApplyStatus apply) {
    return new Change(
        0,
        apply.at(),
        apply.kind(),
        null,
        List.of(),
        1,
        apply.reason(),
        apply.seconds(),
        apply.secondsSinceChange());
  }

  Change numbered(long as) {
    return new Change(as, at, kind, service, instances, count, reason, seconds, secondsSinceChange);
  }

  /** Whether this is the same trouble once more: a try that ends as the one before. */
  boolean repeats(Change before) {
    return service == null
        && secondsSinceChange == null
        && kind.equals(before.kind)
        && Objects.equals(reason, before.reason);
  }

  Change after(Change before) {
    return new Change(
        before.number,
        at,
        kind,
        service,
        instances,
        before.count + 1,
        reason,
        seconds,
        secondsSinceChange);
  }
}
