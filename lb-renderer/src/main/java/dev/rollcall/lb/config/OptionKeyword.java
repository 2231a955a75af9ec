package dev.rollcall.lb.config;

import dev.rollcall.lb.haproxy.HaproxyVersion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A keyword of a server line that {@code add server} takes with the same meaning. What is not
 * listed is a reload: {@code add server} refuses it ({@code resolvers}, {@code init-addr}, {@code
 * max-reuse}, {@code tcp-ut}), or it ties servers together ({@code track}). Each was tried with
 * HAProxy 3.0 and 3.2, of which the latter lists them with {@code add server help}. Immutable.
 *
 * @param word as written
 * @param value what its one value looks like; empty when it has none
 * @param since the first version that takes it at run time
 * @param file whether the value is a file that HAProxy must have loaded already: it reads none
 *     while it runs
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3-add%20server">Management guide,
 *     add server</a>
 */
public record OptionKeyword(
    String word, Optional<Pattern> value, HaproxyVersion since, boolean file) {

  private static final Map<String, OptionKeyword> KNOWN = new HashMap<>();

  private static final String WORD = "[A-Za-z0-9_.:-]{1,128}";
  private static final String LIST = "[A-Za-z0-9_.,:+-]{1,512}";
  private static final String TIME = "\\d{1,9}(?:us|ms|s|m|h|d)?";
  private static final String COUNT = "\\d{1,9}";
  private static final String IP = "[0-9a-fA-F.:]{2,39}";
  private static final String TLS_VERSION = "TLSv1\\.[0-3]";
  // Sample fetches, such as str(example.org) or req.hdr(host),lower
  private static final String EXPRESSION = "[A-Za-z0-9_.:(),-]{1,256}";
  private static final String PORT =
      "[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d\\d|655[0-2]\\d|6553[0-5]";

  static {
    HaproxyVersion first = HaproxyVersion.RUNTIME_SERVERS;
    HaproxyVersion v32 = HaproxyVersion.release(3, 2);
    flags(
        first,
        List.of("agent-check", "allow-0rtt", "backup", "check", "check-send-proxy", "check-ssl"));
    flags(first, List.of("force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13"));
    flags(first, List.of("no-sslv3", "no-tlsv10", "no-tlsv11", "no-tlsv12", "no-tlsv13"));
    flags(first, List.of("no-ssl-reuse", "no-tls-tickets", "tls-tickets", "ssl", "tfo"));
    flags(
        first, List.of("send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn"));
    flags(v32, List.of("check-reuse-pool", "strict-maxconn"));
    add(TIME, first, List.of("inter", "fastinter", "downinter", "slowstart", "pool-purge-delay"));
    add(TIME, first, List.of("agent-inter"));
    add(TIME, v32, List.of("idle-ping"));
    add(
        COUNT,
        first,
        List.of("rise", "fall", "maxconn", "minconn", "maxqueue", "pool-low-conn", "error-limit"));
    add("-1|" + COUNT, first, List.of("pool-max-conn"));
    add("[1-9]\\d{0,9}", first, List.of("id"));
    add("[01]?\\d?\\d|2[0-4]\\d|25[0-6]", first, List.of("weight"));
    add(PORT, first, List.of("port", "agent-port"));
    add(IP, first, List.of("addr", "agent-addr"));
    add("id|addr|addr-port", first, List.of("hash-key"));
    add(
        WORD,
        first,
        List.of("cookie", "guid", "proto", "check-proto", "ws", "observe", "on-error"));
    add(WORD, first, List.of("on-marked-down", "on-marked-up", "agent-send", "verifyhost"));
    add("[A-Za-z0-9_.,/-]{1,128}", first, List.of("alpn", "check-alpn", "npn"));
    add(EXPRESSION, first, List.of("sni", "check-sni", "pool-conn-name"));
    add(EXPRESSION, v32, List.of("check-pool-conn-name"));
    add(LIST, first, List.of("ciphers", "ciphersuites", "curves", "sigalgs", "client-sigalgs"));
    add(LIST, first, List.of("proxy-v2-options"));
    add(TLS_VERSION, first, List.of("ssl-min-ver", "ssl-max-ver"));
    add("none|required", first, List.of("verify"));
    // With "interface" and "usesrc", which belong to it and come after it.
    add(
        "[0-9a-fA-F.:-]{2,60}(?: usesrc (?:client|clientip|" + IP + ")| interface [\\w.-]{1,15})*",
        first,
        List.of("source"));
    add(WORD, HaproxyVersion.release(3, 1), List.of("init-state"));
    Pattern path = Pattern.compile("[A-Za-z0-9_./@-]{1,512}");
    for (String word : List.of("ca-file", "crl-file", "crt")) {
      KNOWN.put(word, new OptionKeyword(word, Optional.of(path), first, true));
    }
  }

  /** The keyword; empty when it is none that is known to do the same at run time. */
  public static Optional<OptionKeyword> of(String word) {
    return Optional.ofNullable(KNOWN.get(word));
  }

  /** All that are known. */
  public static Set<String> words() {
    return Set.copyOf(KNOWN.keySet());
  }

  public boolean hasValue() {
    return value.isPresent();
  }

  boolean fits(String text) {
    return value.isEmpty() ? text.isEmpty() : value.get().matcher(text).matches();
  }

  private static void flags(HaproxyVersion since, List<String> words) {
    for (String word : words) {
      KNOWN.put(word, new OptionKeyword(word, Optional.empty(), since, false));
    }
  }

  private static void add(String pattern, HaproxyVersion since, List<String> words) {
    Pattern value = Pattern.compile(pattern);
    for (String word : words) {
      KNOWN.put(word, new OptionKeyword(word, Optional.of(value), since, false));
    }
  }
}
