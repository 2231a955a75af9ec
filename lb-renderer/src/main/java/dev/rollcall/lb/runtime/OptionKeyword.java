package dev.rollcall.lb.runtime;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A keyword of a server line that {@code add server} takes with the same meaning. What is not
 * listed is a reload: {@code add server} refuses it ({@code resolvers}, {@code init-addr}), or it
 * needs what only the configuration can load ({@code ca-file}), or it ties servers together ({@code
 * track}).
 *
 * @param word as written
 * @param value what its one value looks like; empty when it has none
 * @param since the first version that takes it at run time
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3-add%20server">Management guide,
 *     add server</a>
 */
record OptionKeyword(String word, Optional<Pattern> value, HaproxyVersion since) {

  private static final Map<String, OptionKeyword> KNOWN = new HashMap<>();

  private static final String WORD = "[A-Za-z0-9_.:-]{1,128}";
  private static final String TIME = "\\d{1,9}(?:us|ms|s|m|h|d)?";
  private static final String COUNT = "\\d{1,9}";
  // Sample fetches, such as str(example.org) or req.hdr(host),lower
  private static final String EXPRESSION = "[A-Za-z0-9_.:(),-]{1,256}";
  private static final String PORT =
      "[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d\\d|655[0-2]\\d|6553[0-5]";

  static {
    HaproxyVersion first = HaproxyVersion.RUNTIME_SERVERS;
    for (String flag :
        List.of(
            "backup",
            "check",
            "check-send-proxy",
            "check-ssl",
            "send-proxy",
            "send-proxy-v2",
            "ssl")) {
      add(flag, Optional.empty(), first);
    }
    add(TIME, first, List.of("inter", "fastinter", "downinter", "slowstart", "pool-purge-delay"));
    add(
        COUNT,
        first,
        List.of("rise", "fall", "maxconn", "minconn", "maxqueue", "pool-low-conn", "error-limit"));
    add("-1|" + COUNT, first, List.of("pool-max-conn"));
    add("[01]?\\d?\\d|2[0-4]\\d|25[0-6]", first, List.of("weight"));
    add(PORT, first, List.of("port"));
    add("[0-9a-fA-F.:]{2,39}", first, List.of("addr"));
    add(
        WORD,
        first,
        List.of("cookie", "guid", "proto", "check-proto", "ws", "observe", "on-error"));
    add(WORD, first, List.of("on-marked-down", "on-marked-up"));
    add("[A-Za-z0-9_.,/-]{1,128}", first, List.of("alpn", "check-alpn"));
    add(EXPRESSION, first, List.of("sni", "check-sni"));
    add("none", first, List.of("verify"));
    add(WORD, HaproxyVersion.release(3, 1), List.of("init-state"));
  }

  /** The keyword; empty when it is none that is known to do the same at run time. */
  static Optional<OptionKeyword> of(String word) {
    return Optional.ofNullable(KNOWN.get(word));
  }

  /** All that are known. */
  static Set<String> words() {
    return Set.copyOf(KNOWN.keySet());
  }

  boolean hasValue() {
    return value.isPresent();
  }

  boolean fits(String text) {
    return value.isEmpty() ? text.isEmpty() : value.get().matcher(text).matches();
  }

  private static void add(String pattern, HaproxyVersion since, List<String> words) {
    Pattern value = Pattern.compile(pattern);
    for (String word : words) {
      add(word, Optional.of(value), since);
    }
  }

  private static void add(String word, Optional<Pattern> value, HaproxyVersion since) {
    KNOWN.put(word, new OptionKeyword(word, value, since));
  }
}
