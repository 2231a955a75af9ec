package dev.rollcall.lb.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The effective options of one server, with those of {@code default-server} folded in: HAProxy
 * gives a server added at run time none of them. Every word is checked, so that all of them can be
 * written into a command. Immutable; equal when they mean the same, in whatever order they were
 * written.
 *
 * @param values by keyword, in alphabetical order; the value is empty where a keyword has none.
 *     Without {@code weight} and {@code disabled}, which have their own places
 * @param weight 0 to 256
 * @param disabled whether the server starts in maintenance
 */
public record ServerOptions(Map<String, String> values, int weight, boolean disabled) {

  /** Words that belong to {@code source} and come after it. */
  private static final Set<String> OF_SOURCE = Set.of("interface", "usesrc");

  private static final Set<String> SENDS_PROXY =
      Set.of("send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn");

  /** What HAProxy has always loaded. */
  private static final String SYSTEM_AUTHORITIES = "@system-ca";

  /**
   * A keyword of a server line that {@code add server} takes with the same meaning. What is not
   * listed is a reload: {@code add server} refuses it ({@code resolvers}, {@code init-addr}, {@code
   * max-reuse}, {@code tcp-ut}), or it ties servers together ({@code track}). Each was tried with
   * HAProxy 3.0 and 3.2, of which the latter lists them with {@code add server help}.
   *
   * @param value what its one value looks like; null when it has none
   * @param file whether the value is a file that HAProxy must have loaded already: it reads none
   *     while it runs
   * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3-add%20server">Management guide,
   *     add server</a>
   */
  record Keyword(@Nullable Pattern value, boolean file) {
    boolean fits(String text) {
      return value == null ? text.isEmpty() : value.matcher(text).matches();
    }
  }

  static final Map<String, Keyword> KEYWORDS = new HashMap<>();

  static {
    String word = "[A-Za-z0-9_.:-]{1,128}";
    String list = "[A-Za-z0-9_.,:+-]{1,512}";
    String time = "\\d{1,9}(?:us|ms|s|m|h|d)?";
    String count = "\\d{1,9}";
    String ip = "[0-9a-fA-F.:]{2,39}";
    // Sample fetches, such as str(example.org) or req.hdr(host),lower
    String expression = "[A-Za-z0-9_.:(),-]{1,256}";
    String port = "[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d\\d|655[0-2]\\d|6553[0-5]";
    flags("agent-check allow-0rtt backup check check-send-proxy check-ssl check-reuse-pool");
    flags("force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13");
    flags("no-sslv3 no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13");
    flags("no-ssl-reuse no-tls-tickets tls-tickets ssl tfo strict-maxconn");
    SENDS_PROXY.forEach(ServerOptions::flags);
    values(time, "inter fastinter downinter slowstart pool-purge-delay agent-inter idle-ping");
    values(count, "rise fall maxconn minconn maxqueue pool-low-conn error-limit");
    values("-1|" + count, "pool-max-conn");
    values("[1-9]\\d{0,9}", "id");
    values("[01]?\\d?\\d|2[0-4]\\d|25[0-6]", "weight");
    values(port, "port agent-port");
    values(ip, "addr agent-addr");
    values("id|addr|addr-port", "hash-key");
    values(word, "cookie guid proto check-proto ws observe on-error on-marked-down on-marked-up");
    values(word, "agent-send verifyhost init-state");
    values("[A-Za-z0-9_.,/-]{1,128}", "alpn check-alpn npn");
    values(expression, "sni check-sni pool-conn-name check-pool-conn-name");
    values(list, "ciphers ciphersuites curves sigalgs client-sigalgs proxy-v2-options");
    values("TLSv1\\.[0-3]", "ssl-min-ver ssl-max-ver");
    values("none|required", "verify");
    // With "interface" and "usesrc", which belong to it and come after it.
    values(
        "[0-9a-fA-F.:-]{2,60}(?: usesrc (?:client|clientip|" + ip + ")| interface [\\w.-]{1,15})*",
        "source");
    Pattern path = Pattern.compile("[A-Za-z0-9_./@-]{1,512}");
    for (String file : List.of("ca-file", "crl-file", "crt")) {
      KEYWORDS.put(file, new Keyword(path, true));
    }
  }

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException for a keyword that {@code add server} is not known to take, a
   *     value that does not fit its keyword, or a weight beyond 0 to 256
   */
  public ServerOptions {
    if (weight < 0 || weight > 256) {
      throw new IllegalArgumentException("no weight: " + weight);
    }
    values.forEach(ServerOptions::check);
    values = Collections.unmodifiableMap(new TreeMap<>(values));
  }

  /**
   * Folds words of server lines, later ones over earlier ones.
   *
   * <p>HAProxy checks a server of its file as it talks to it, by TLS and with the PROXY header,
   * unless the check has a port or an address of its own; one that is added while it runs only when
   * it is told so. So these words are added here.
   *
   * @param words first those of each {@code default-server} that counts, last the server's own
   * @throws IllegalArgumentException for a word that is not known to do the same at run time; the
   *     message is one line
   * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3-add%20server">Management guide,
   *     add server: check-ssl and check-send-proxy</a>
   */
  public static ServerOptions fold(List<String> words) {
    Map<String, String> values = new TreeMap<>();
    boolean disabled = false;
    boolean clearCheck = false;
    for (int at = 0; at < words.size(); at++) {
      String word = words.get(at);
      if (word.equals("disabled") || word.equals("enabled")) {
        disabled = word.equals("disabled");
        continue;
      }
      if (word.equals("no-check-ssl") || word.equals("check-ssl")) {
        clearCheck = word.equals("no-check-ssl");
      }
      Optional<String> undone = undone(word);
      undone.ifPresent(values::remove);
      if (undone.isPresent() && !KEYWORDS.containsKey(word)) {
        continue;
      }
      String value = "";
      if (keyword(word).value() != null) {
        if (++at == words.size()) {
          throw new IllegalArgumentException("option " + word + " lacks its value");
        }
        value = words.get(at);
      }
      while (word.equals("source")
          && at + 2 < words.size()
          && OF_SOURCE.contains(words.get(at + 1))) {
        value += " " + words.get(at + 1) + " " + words.get(at + 2);
        at += 2;
      }
      check(word, value);
      values.put(word, value);
    }
    if (values.containsKey("check") && !values.containsKey("port") && !values.containsKey("addr")) {
      if (values.containsKey("ssl") && !clearCheck) {
        values.put("check-ssl", "");
      }
      if (SENDS_PROXY.stream().anyMatch(values::containsKey)) {
        values.put("check-send-proxy", "");
      }
    }
    String weight = values.remove("weight");
    return new ServerOptions(values, weight == null ? 1 : Integer.parseInt(weight), disabled);
  }

  /** Whether the value of a keyword is a file that HAProxy reads when it starts. */
  static boolean isFile(String word) {
    Keyword keyword = KEYWORDS.get(word);
    return keyword != null && keyword.file();
  }

  /** Whether the server's health is checked. */
  public boolean checked() {
    return values.containsKey("check");
  }

  /** Whether an agent of the server's is asked, which may change its weight and state. */
  public boolean agentChecked() {
    return values.containsKey("agent-check");
  }

  /** The files that HAProxy must have loaded, by keyword. */
  public Map<String, String> files() {
    Map<String, String> files = new TreeMap<>(values);
    files.keySet().removeIf(word -> !isFile(word));
    files.values().remove(SYSTEM_AUTHORITIES);
    return files;
  }

  /** The same without weight and {@code disabled}: what cannot change while the server lives. */
  public ServerOptions fixed() {
    return new ServerOptions(values, 1, false);
  }

  /** The same with another weight. */
  public ServerOptions withWeight(int other) {
    return new ServerOptions(values, other, disabled);
  }

  /** The same with an id of its own in its backend; unchanged if it has one. */
  public ServerOptions withId(long id) {
    Map<String, String> changed = new TreeMap<>(values);
    changed.putIfAbsent("id", Long.toString(id));
    return new ServerOptions(changed, weight, disabled);
  }

  /** As the end of an {@code add server} command; maintenance is how every such server begins. */
  public List<String> words() {
    List<String> words = new ArrayList<>();
    values.forEach(
        (word, value) -> {
          words.add(word);
          if (!value.isEmpty()) {
            words.add(value);
          }
        });
    words.add("weight");
    words.add(Integer.toString(weight));
    return words;
  }

  private static void check(String word, String value) {
    if (!keyword(word).fits(value)) {
      throw new IllegalArgumentException(
          "option "
              + word
              + " has the value "
              + PrintableText.quoted(value)
              + ", which does not fit it");
    }
  }

  private static Keyword keyword(String word) {
    Keyword keyword = KEYWORDS.get(word);
    if (keyword == null) {
      throw new IllegalArgumentException(
          "option " + PrintableText.quoted(word) + " is not one to add at run time");
    }
    return keyword;
  }

  /** The word that another one takes back. */
  private static Optional<String> undone(String word) {
    String other = word.startsWith("no-") ? word.substring(3) : "no-" + word;
    Keyword keyword = KEYWORDS.get(other);
    boolean flag = keyword != null && keyword.value() == null;
    boolean undoes =
        word.equals("ssl-reuse") || word.startsWith("no-") || KEYWORDS.containsKey(word);
    return flag && undoes ? Optional.of(other) : Optional.empty();
  }

  private static void flags(String words) {
    for (String word : words.split(" ", -1)) {
      KEYWORDS.put(word, new Keyword(null, false));
    }
  }

  private static void values(String pattern, String words) {
    Pattern value = Pattern.compile(pattern);
    for (String word : words.split(" ", -1)) {
      KEYWORDS.put(word, new Keyword(value, false));
    }
  }
}
