package dev.rollcall.lb.template;

import dev.rollcall.lb.config.PrintableText;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A request about the balancing of a service that its instances make in their metadata: an
 * allow-list of keys and values. HAProxy takes every value that is allowed, from 2.6 on.
 */
enum ServiceOption {
  /** HAProxy's configuration manual, 4.2 "balance". */
  BALANCE("roundrobin|static-rr|leastconn|first|source|random"),
  /** The path of the health check. */
  CHECK_PATH("/[A-Za-z0-9._~/-]{0,127}"),
  /** The longest that a server may take to answer. */
  TIMEOUT("[1-9][0-9]{0,3}(?:ms|s|m)"),
  /** The most connections to one server. */
  MAXCONN("[1-9][0-9]{0,5}"),
  /** Whether a visitor comes back to the same server. */
  STICKY("true");

  private final Pattern allowed;

  ServiceOption(String allowed) {
    this.allowed = Pattern.compile(allowed);
  }

  /** The option of a name such as {@code check-path}. */
  static Optional<ServiceOption> byName(String name) {
    return Arrays.stream(values()).filter(option -> option.label().equals(name)).findFirst();
  }

  /** All names, for messages. */
  static String names() {
    return Arrays.stream(values()).map(ServiceOption::label).collect(Collectors.joining(", "));
  }

  /** Such as {@code check-path}. */
  private String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private String key() {
    return "lb-" + label();
  }

  /**
   * The value that most instances request, of several the first in alphabetical order; empty if
   * none requests one. A value that is not allowed does not count; its instance is served all the
   * same.
   */
  Optional<String> mostRequested(List<InstanceContext> instances) {
    Map<String, Integer> votes = new HashMap<>();
    for (InstanceContext context : instances) {
      String value = context.instance().meta().get(key());
      if (value == null || value.isEmpty()) {
        continue;
      }
      if (allowed.matcher(value).matches()) {
        votes.merge(value, 1, Integer::sum);
      } else {
        context.ignore(
            InstanceContext.META
                + key()
                + " '"
                + PrintableText.of(value)
                + "' is not allowed and ignored: it must match "
                + allowed);
      }
    }
    return votes.entrySet().stream()
        .min(
            Map.Entry.<String, Integer>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .map(Map.Entry::getKey);
  }
}
