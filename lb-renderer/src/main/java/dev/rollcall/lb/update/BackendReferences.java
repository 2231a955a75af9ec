package dev.rollcall.lb.update;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.ConfigLine;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The words of a configuration that may name a backend: {@code use_backend}, {@code
 * default_backend}, {@code table}, a fetch such as {@code nbsrv(be_web)}. HAProxy does not delete
 * such a backend, or refuses a file without it. Any equal word counts, so that no keyword can be
 * missed; only the lines of servers are not meant, as a {@code track} needs a reload anyway.
 * Immutable after {@link #of}.
 */
final class BackendReferences {

  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.:-]+");

  /** The first line with a word, by that word. */
  private final Map<String, List<String>> lines = new HashMap<>();

  private BackendReferences() {}

  static BackendReferences of(HaproxyConfig config) {
    BackendReferences references = new BackendReferences();
    for (Section section : config.sections()) {
      for (ConfigLine line : section.lines()) {
        if (!line.word(0).equals("server")) {
          references.add(line.words());
        }
      }
    }
    return references;
  }

  /** The line that names a backend, or may do so; empty when none does. */
  Optional<String> find(String backend) {
    return Optional.ofNullable(lines.get(backend)).map(words -> String.join(" ", words));
  }

  private void add(List<String> words) {
    for (String word : words) {
      Matcher matcher = WORD.matcher(word.replaceAll("[\"'\\\\]", ""));
      while (matcher.find()) {
        lines.putIfAbsent(matcher.group(), words);
      }
    }
  }
}
