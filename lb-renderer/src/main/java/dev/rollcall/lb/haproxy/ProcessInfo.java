package dev.rollcall.lb.haproxy;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * What a worker tells of itself. Immutable.
 *
 * @param version of HAProxy
 * @param pid of the worker in its own namespace
 * @param uptime of the worker
 * @param stopping whether it is an old worker that only finishes its connections
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3-show%20info">Management guide,
 *     show info</a>
 */
public record ProcessInfo(HaproxyVersion version, long pid, Duration uptime, boolean stopping) {

  /** The command. */
  public static final String COMMAND = "show info";

  /**
   * Reads the answer to {@link #COMMAND}.
   *
   * @throws RuntimeApiException when it lacks a field or has nonsense in one
   */
  public static ProcessInfo parse(String answer) throws RuntimeApiException {
    Map<String, String> fields = new HashMap<>();
    for (String line : answer.split("\n", -1)) {
      int colon = line.indexOf(": ");
      if (colon > 0) {
        fields.putIfAbsent(line.substring(0, colon), line.substring(colon + 2).strip());
      }
    }
    try {
      return new ProcessInfo(
          HaproxyVersion.parse(field(fields, "Version")),
          Long.parseLong(field(fields, "Pid")),
          Duration.ofSeconds(Long.parseLong(field(fields, "Uptime_sec"))),
          !field(fields, "Stopping").equals("0"));
    } catch (IllegalArgumentException e) {
      throw new RuntimeApiException("\"show info\" is not understood: " + e.getMessage(), e);
    }
  }

  private static String field(Map<String, String> fields, String name) throws RuntimeApiException {
    String value = fields.get(name);
    if (value == null) {
      throw new RuntimeApiException("\"show info\" lacks " + name);
    }
    return value;
  }
}
