package dev.rollcall.lb.config;

import dev.rollcall.lb.haproxy.ReloadRequiredException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds the backends of a configuration, each with its defaults.
 *
 * @see <a href="https://docs.haproxy.org/3.0/configuration.html#4">Configuration manual, 4</a>
 */
public final class BackendViews {

  private static final Set<String> WITH_SERVERS = Set.of("backend", "listen");

  private BackendViews() {}

  /** By name, in order. */
  public static Map<String, Backend> of(HaproxyConfig config) throws ReloadRequiredException {
    Map<String, Backend> backends = new LinkedHashMap<>();
    Map<String, List<ConfigLine>> named = new HashMap<>();
    Optional<List<ConfigLine>> latest = Optional.empty();
    for (Section section : config.sections()) {
      if (section.kind().equals("defaults")) {
        List<ConfigLine> own = lines(section, named);
        // What it builds on may stand in another file.
        latest = buildsOnUnknown(section, named) ? Optional.empty() : Optional.of(own);
        if (latest.isPresent()) {
          named.put(defaultsName(section), own);
        }
      } else if (WITH_SERVERS.contains(section.kind())) {
        Backend backend = Backend.of(section, inherited(section, latest, named));
        if (backends.put(section.name(), backend) != null) {
          throw new ReloadRequiredException("two sections have the name " + section.name());
        }
      }
    }
    return backends;
  }

  /** Only {@code defaults} sections that say so build on another one. */
  private static List<ConfigLine> lines(Section section, Map<String, List<ConfigLine>> named) {
    return Stream.concat(
            inherited(section, Optional.empty(), named).orElse(List.of()).stream(),
            section.lines().stream())
        .toList();
  }

  private static boolean buildsOnUnknown(Section section, Map<String, List<ConfigLine>> named) {
    return base(section).filter(name -> !named.containsKey(name)).isPresent();
  }

  private static Optional<List<ConfigLine>> inherited(
      Section section, Optional<List<ConfigLine>> otherwise, Map<String, List<ConfigLine>> named) {
    Optional<String> base = base(section);
    return base.isPresent() ? base.map(named::get) : otherwise;
  }

  private static Optional<String> base(Section section) {
    List<String> words = section.head().words();
    int from = words.lastIndexOf("from");
    return from > 0 && from + 1 < words.size()
        ? Optional.of(words.get(from + 1))
        : Optional.empty();
  }

  private static String defaultsName(Section section) {
    return section.name().equals("from") ? "" : section.name();
  }
}
