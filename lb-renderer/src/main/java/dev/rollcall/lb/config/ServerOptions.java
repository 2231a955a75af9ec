package dev.rollcall.lb.config;

import dev.rollcall.lb.haproxy.HaproxyVersion;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The options of one server, with those of {@code default-server} folded in: HAProxy gives a server
 * added at run time none of them. Every word is checked, so that all of them can be written into a
 * command. Immutable; equal when they mean the same, in whatever order they were written.
 *
 * @param values by keyword, in alphabetical order; the value is empty where a keyword has none.
 *     Without {@code weight} and {@code disabled}, which have their own places
 * @param weight 0 to 256
 * @param disabled whether the server starts in maintenance
 */
public record ServerOptions(Map<String, String> values, int weight, boolean disabled) {

  /** What a server without a word has. */
  public static final ServerOptions NONE = new ServerOptions(Map.of(), 1, false);

  /** Words that belong to {@code source} and come after it. */
  private static final Set<String> OF_SOURCE = Set.of("interface", "usesrc");

  private static final Set<String> SENDS_PROXY =
      Set.of("send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn");

  /** What HAProxy has always loaded. */
  private static final String SYSTEM_AUTHORITIES = "@system-ca";

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
      if (undone.isPresent() && OptionKeyword.of(word).isEmpty()) {
        continue;
      }
      String value = "";
      if (known(word).hasValue()) {
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
    files.keySet().removeIf(word -> !known(word).file());
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

  /** The same with a number of its own in its backend; unchanged if it has one. */
  public ServerOptions withId(long number) {
    Map<String, String> numbered = new TreeMap<>(values);
    numbered.putIfAbsent("id", Long.toString(number));
    return new ServerOptions(numbered, weight, disabled);
  }

  /** The first option that a version does not take yet. */
  public Optional<String> tooNewFor(HaproxyVersion version) {
    return values.keySet().stream()
        .filter(word -> !version.atLeast(known(word).since()))
        .findFirst();
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
    if (!known(word).fits(value)) {
      throw new IllegalArgumentException(
          "option " + word + " has the value " + Excerpt.of(value) + ", which does not fit it");
    }
  }

  private static OptionKeyword known(String word) {
    return OptionKeyword.of(word)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "option " + Excerpt.of(word) + " is not one to add at run time"));
  }

  /** The word that another one takes back. */
  private static Optional<String> undone(String word) {
    String other = word.startsWith("no-") ? word.substring(3) : "no-" + word;
    boolean flag = OptionKeyword.of(other).filter(keyword -> !keyword.hasValue()).isPresent();
    if (word.equals("ssl-reuse") || word.startsWith("no-")) {
      return flag ? Optional.of(other) : Optional.empty();
    }
    return flag && OptionKeyword.of(word).isPresent() ? Optional.of(other) : Optional.empty();
  }
}
