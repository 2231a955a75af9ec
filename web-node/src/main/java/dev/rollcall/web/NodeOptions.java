package dev.rollcall.web;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The settings of one node.
 *
 * @param port the port to listen on, 0 to 65535; 0 takes any free one
 * @param service the name under which this node registers
 * @param tags the service's tags, in the order given
 * @param drainQuiet how long no request may arrive before the node counts as drained
 * @param drainLimit the longest wait for that quiet; at least {@code drainQuiet}
 * @param trial whether the routes of {@link Trial} are served
 */
record NodeOptions(
    int port,
    String service,
    List<String> tags,
    Duration drainQuiet,
    Duration drainLimit,
    boolean trial) {

  private static final Duration LONGEST = Duration.ofMinutes(10);
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

  NodeOptions {
    tags = List.copyOf(tags);
  }

  /**
   * Reads the settings; a variable that is absent or blank has its default.
   *
   * @throws IllegalArgumentException with one line that names the variable, its value and what is
   *     wanted
   */
  static NodeOptions parse(Map<String, String> environment) {
    Duration limit = duration(environment, "DRAIN_LIMIT", Duration.ofSeconds(10));
    Duration quiet = duration(environment, "DRAIN_QUIET", Duration.ofSeconds(2));
    if (quiet.compareTo(limit) > 0) {
      throw new IllegalArgumentException(
          "DRAIN_QUIET is \"%s\" but must be: no longer than DRAIN_LIMIT, which is \"%s\""
              .formatted(Durations.text(quiet), Durations.text(limit)));
    }
    return new NodeOptions(
        value(environment, "PORT").map(NodeOptions::port).orElse(8080),
        value(environment, "SERVICE_NAME").orElse("web"),
        value(environment, "SERVICE_TAGS").map(NodeOptions::list).orElse(List.of()),
        quiet,
        limit,
        flag(environment, "TRIAL"));
  }

  private static Optional<String> value(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).map(String::strip).filter(v -> !v.isEmpty());
  }

  private static int port(String text) {
    if (PORT.matcher(text).matches()) {
      int port = Integer.parseInt(text);
      if (port <= 65_535) {
        return port;
      }
    }
    throw new IllegalArgumentException(
        "PORT is \"%s\" but must be: 0 (any free port) to 65535"
            .formatted(Durations.printable(text)));
  }

  private static List<String> list(String text) {
    return Arrays.stream(text.split(",", -1))
        .map(String::strip)
        .filter(part -> !part.isEmpty())
        .distinct()
        .toList();
  }

  private static Duration duration(Map<String, String> environment, String name, Duration absent) {
    return value(environment, name)
        .map(text -> Durations.parse(name, text, LONGEST))
        .orElse(absent);
  }

  private static boolean flag(Map<String, String> environment, String name) {
    String text = value(environment, name).orElse("off");
    if (!text.equals("on") && !text.equals("off")) {
      throw new IllegalArgumentException(
          "%s is \"%s\" but must be: on or off".formatted(name, Durations.printable(text)));
    }
    return text.equals("on");
  }
}
