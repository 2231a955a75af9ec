package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.PrintableText;
import java.util.HashMap;
import java.util.Map;

/**
 * The reply to {@code show info} of a worker. Immutable.
 *
 * @param fields by name; each is checked when it is asked for
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3-show%20info">Management guide,
 *     show info</a>
 */
record ShowInfo(Map<String, String> fields) {

  static final String COMMAND = "show info";

  static ShowInfo parse(String reply) {
    Map<String, String> fields = new HashMap<>();
    for (String line : reply.split("\n", -1)) {
      int colon = line.indexOf(": ");
      if (colon > 0) {
        fields.putIfAbsent(line.substring(0, colon), line.substring(colon + 2).strip());
      }
    }
    return new ShowInfo(fields);
  }

  HaproxyVersion version() throws RuntimeApiException {
    String version = field("Version");
    return HaproxyVersion.tryParse(version).orElseThrow(() -> notUnderstood(version));
  }

  /** Of the worker in its own namespace. */
  long pid() throws RuntimeApiException {
    return number("Pid");
  }

  /** Whether it is an old worker that only finishes its connections. */
  boolean stopping() throws RuntimeApiException {
    return number("Stopping") != 0;
  }

  /** Whether it listens and takes new connections. */
  boolean serves() throws RuntimeApiException {
    return number("Listeners") > 0 && !stopping();
  }

  private long number(String name) throws RuntimeApiException {
    String value = field(name);
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw notUnderstood(value);
    }
  }

  private String field(String name) throws RuntimeApiException {
    String value = fields.get(name);
    if (value == null) {
      throw new RuntimeApiException("\"show info\" lacks " + name);
    }
    return value;
  }

  private static RuntimeApiException notUnderstood(String value) {
    return new RuntimeApiException(
        "\"show info\" is not understood: " + PrintableText.quoted(value));
  }
}
