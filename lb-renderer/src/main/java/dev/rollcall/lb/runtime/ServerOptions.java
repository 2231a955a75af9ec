package dev.rollcall.lb.runtime;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
   * @param words first those of each {@code default-server} that counts, last the server's own
   * @throws IllegalArgumentException for a word that is not known to do the same at run time; the
   *     message is one line
   */
  public static ServerOptions fold(List<String> words) {
    Map<String, String> values = new TreeMap<>();
    boolean disabled = false;
    for (int at = 0; at < words.size(); at++) {
      String word = words.get(at);
      if (word.equals("disabled") || word.equals("enabled")) {
        disabled = word.equals("disabled");
        continue;
      }
      Optional<OptionKeyword> negated = negated(word);
      if (negated.isPresent()) {
        values.remove(negated.get().word());
        continue;
      }
      OptionKeyword keyword = known(word);
      String value = "";
      if (keyword.hasValue()) {
        if (++at == words.size()) {
          throw new IllegalArgumentException("option " + word + " lacks its value");
        }
        value = words.get(at);
      }
      check(word, value);
      values.put(word, value);
    }
    String weight = values.remove("weight");
    return new ServerOptions(values, weight == null ? 1 : Integer.parseInt(weight), disabled);
  }

  /** Whether the server's health is checked. */
  public boolean checked() {
    return values.containsKey("check");
  }

  /** The same without weight and {@code disabled}: what cannot change while the server lives. */
  ServerOptions fixed() {
    return new ServerOptions(values, 1, false);
  }

  /** The first option that a version does not take yet. */
  Optional<String> tooNewFor(HaproxyVersion version) {
    return values.keySet().stream()
        .filter(word -> !version.atLeast(known(word).since()))
        .findFirst();
  }

  /** As the end of an {@code add server} command; maintenance is how every such server begins. */
  List<String> words() {
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

  private static Optional<OptionKeyword> negated(String word) {
    return word.startsWith("no-")
        ? OptionKeyword.of(word.substring(3)).filter(keyword -> !keyword.hasValue())
        : Optional.empty();
  }
}
