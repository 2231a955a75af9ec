package dev.rollcall.lb.runtime;

import dev.rollcall.lb.config.ConfigLine;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.Section;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a configuration names servers beside their own lines: {@code use-server}, {@code track}, or
 * a fetch such as {@code srv_is_up(be_web/web-1)}. HAProxy does not delete such a server, or a
 * reload would refuse the file without it. Immutable after {@link #in}.
 */
final class ServerReferences {

  private static final String NO_PART_OF_A_NAME = "[^A-Za-z0-9_.:/-]+";

  /** The line, by {@code backend/word}. */
  private final Map<String, String> lines = new HashMap<>();

  private ServerReferences() {}

  static ServerReferences in(HaproxyConfig config) {
    ServerReferences references = new ServerReferences();
    for (Section section : config.sections()) {
      section.lines().forEach(line -> references.note(section.name(), line));
    }
    return references;
  }

  /** The line that names a server; empty when none does. */
  Optional<String> to(String backend, String server) {
    return Optional.ofNullable(lines.get(backend + "/" + server));
  }

  private void note(String section, ConfigLine line) {
    boolean server = line.word(0).equals("server") || line.word(0).equals("default-server");
    List<String> words = server ? tracked(line) : line.words();
    if (words.size() <= 1) {
      return; // Most lines of a large pool.
    }
    String text = String.join(" ", line.words());
    for (String word : words.subList(1, words.size())) {
      for (String name : word.split(NO_PART_OF_A_NAME, -1)) {
        lines.putIfAbsent(name.contains("/") ? name : section + "/" + name, text);
      }
    }
  }

  /** Of a server line only what it tracks: its own name is no reference. */
  private static List<String> tracked(ConfigLine line) {
    int track = line.words().lastIndexOf("track");
    return track < 0 || track + 1 >= line.words().size()
        ? List.of()
        : line.words().subList(track, track + 2);
  }
}
