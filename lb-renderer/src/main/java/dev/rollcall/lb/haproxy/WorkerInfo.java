package dev.rollcall.lb.haproxy;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What counts in a worker's answer to {@code show info}. Immutable.
 *
 * @param pid of the worker that answered
 * @param listeners that it has
 * @param stopping whether it only finishes what it began
 */
record WorkerInfo(long pid, long listeners, boolean stopping) {

  private static final Pattern FIELD = Pattern.compile("^(\\w+): (\\d{1,18})$");

  /** Empty when a field is missing. */
  static Optional<WorkerInfo> parse(String answer) {
    Map<String, Long> fields =
        answer
            .lines()
            .map(FIELD::matcher)
            .filter(Matcher::matches)
            .collect(
                Collectors.toMap(
                    row -> row.group(1), row -> Long.valueOf(row.group(2)), (one, other) -> one));
    OptionalLong pid = field(fields, "Pid");
    OptionalLong listeners = field(fields, "Listeners");
    if (pid.isEmpty() || listeners.isEmpty()) {
      return Optional.empty();
    }
    boolean stopping = field(fields, "Stopping").orElse(0) != 0;
    return Optional.of(new WorkerInfo(pid.getAsLong(), listeners.getAsLong(), stopping));
  }

  boolean serves() {
    return listeners > 0 && !stopping;
  }

  private static OptionalLong field(Map<String, Long> fields, String name) {
    Long value = fields.get(name);
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
