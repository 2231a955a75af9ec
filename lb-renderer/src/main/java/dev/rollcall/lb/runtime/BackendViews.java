package dev.rollcall.lb.runtime;

import dev.rollcall.lb.config.ConfigLine;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.Section;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds the backends of a configuration, each with its defaults.
 *
 * @see <a href="https://docs.haproxy.org/3.0/configuration.html#4">Configuration manual, 4</a>
 */
final class BackendViews {

  private static final Set<String> WITH_SERVERS = Set.of("backend", "listen");

  private BackendViews() {}

  /** By name, in order. */
  static Map<String, BackendView> of(HaproxyConfig config) throws NotAtRunTime {
    Map<String, BackendView> backends = new LinkedHashMap<>();
    Map<String, List<ConfigLine>> named = new HashMap<>();
    List<ConfigLine> latest = List.of();
    for (Section section : config.sections()) {
      if (section.kind().equals("defaults")) {
        latest = lines(section, List.of(), named);
        named.put(defaultsName(section), latest);
      } else if (WITH_SERVERS.contains(section.kind())) {
        BackendView backend = BackendView.of(section, inherited(section, latest, named));
        if (backends.put(section.name(), backend) != null) {
          throw new NotAtRunTime("two sections have the name " + section.name());
        }
      }
    }
    return backends;
  }

  /** Only {@code defaults} sections that say so build on another one. */
  private static List<ConfigLine> lines(
      Section section, List<ConfigLine> otherwise, Map<String, List<ConfigLine>> named) {
    return Stream.concat(inherited(section, otherwise, named).stream(), section.lines().stream())
        .toList();
  }

  private static List<ConfigLine> inherited(
      Section section, List<ConfigLine> otherwise, Map<String, List<ConfigLine>> named) {
    List<String> words = section.head().words();
    int from = words.lastIndexOf("from");
    return from > 0 && from + 1 < words.size()
        ? named.getOrDefault(words.get(from + 1), List.of())
        : otherwise;
  }

  private static String defaultsName(Section section) {
    return section.name().equals("from") ? "" : section.name();
  }
}
