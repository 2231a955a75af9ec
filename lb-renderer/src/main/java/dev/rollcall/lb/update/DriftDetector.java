package dev.rollcall.lb.update;

import dev.rollcall.lb.config.Backend;
import dev.rollcall.lb.config.Backend.ServerLine;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.ConfigLine;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import dev.rollcall.lb.config.MapFile;
import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.BackendTable;
import dev.rollcall.lb.haproxy.ServerChange.EnableCheck;
import dev.rollcall.lb.haproxy.ServerState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a running HAProxy differs from its configuration: servers or backends that are
 * missing or unexpected, servers that have another address or weight, or whose check is disabled,
 * maps with other entries. What an operator set ({@link OperatorOverride}, or an unpublished
 * backend) is no difference, nor is health. Pure; an object is used once.
 */
public final class DriftDetector {

  private static final Set<String> WITH_SERVERS = Set.of("backend", "listen");

  /**
   * The result. Immutable.
   *
   * @param differences each in words, one line
   * @param overrides of operators, for all servers of HAProxy
   * @param runningConfig the configuration of what HAProxy runs: the change from it to the wanted
   *     one repairs the differences
   * @param checks to enable again
   * @param addressDifferences those of the differences that are about an address
   * @param unpublished backends of the configuration that are not published
   */
  public record Drift(
      List<String> differences,
      List<OperatorOverride> overrides,
      HaproxyConfig runningConfig,
      List<EnableCheck> checks,
      Set<String> addressDifferences,
      Set<String> unpublished) {}

  /**
   * The backends that HAProxy has, if they can come and go. Immutable.
   *
   * @param rows by name
   * @param ignored those outside of the configuration that are no difference
   */
  public record Backends(Map<String, BackendTable.Row> rows, Set<String> ignored) {
    /** Copies both. */
    public Backends {
      rows = Map.copyOf(rows);
      ignored = Set.copyOf(ignored);
    }
  }

  private final Set<String> draining;

  /** The servers that are compared, by backend; null if all are. */
  private final @Nullable Map<String, Set<String>> only;

  private final Map<ServerName, Integer> weights;
  private final Set<String> tolerated;
  private final Map<List<String>, OperatorOverride.Configured> configured = new HashMap<>();
  private final List<String> differences = new ArrayList<>();
  private final List<OperatorOverride> overrides = new ArrayList<>();
  private final List<EnableCheck> checks = new ArrayList<>();
  private final Set<String> addressDifferences = new HashSet<>();
  private final Set<String> unpublished = new TreeSet<>();

  private DriftDetector(
      Set<ServerName> draining,
      Map<ServerName, Integer> weights,
      Set<String> tolerated,
      @Nullable Set<ServerName> only) {
    this.only =
        only == null
            ? null
            : only.stream()
                .collect(
                    Collectors.groupingBy(
                        ServerName::backend,
                        Collectors.mapping(ServerName::server, Collectors.toSet())));
    this.draining = draining.stream().map(ServerName::toString).collect(Collectors.toSet());
    this.weights = weights;
    this.tolerated = tolerated;
  }

  /**
   * Compares.
   *
   * @param wanted the configuration that HAProxy should run
   * @param running its servers
   * @param draining servers that wait to be deleted: they are not unexpected, and their state is no
   *     override
   * @param weights that we gave to servers while they ran
   * @param tolerated differences to ignore
   */
  public static Drift detect(
      HaproxyConfig wanted,
      List<ServerState> running,
      Set<ServerName> draining,
      Map<ServerName, Integer> weights,
      Set<String> tolerated) {
    return detect(wanted, running, null, draining, weights, tolerated);
  }

  /**
   * Compares the backends as well.
   *
   * @param present the backends that HAProxy has; null if they are those of its file
   */
  public static Drift detect(
      HaproxyConfig wanted,
      List<ServerState> running,
      @Nullable Backends present,
      Set<ServerName> draining,
      Map<ServerName, Integer> weights,
      Set<String> tolerated) {
    return detect(wanted, running, present, draining, weights, tolerated, null);
  }

  /**
   * Compares some servers only; the result says nothing of the others, nor of backends.
   *
   * @param running those of them that HAProxy has
   * @param only their names
   */
  public static Drift detect(
      HaproxyConfig wanted,
      List<ServerState> running,
      Set<ServerName> draining,
      Map<ServerName, Integer> weights,
      Set<String> tolerated,
      Set<ServerName> only) {
    return detect(wanted, running, null, draining, weights, tolerated, only);
  }

  private static Drift detect(
      HaproxyConfig wanted,
      List<ServerState> running,
      @Nullable Backends present,
      Set<ServerName> draining,
      Map<ServerName, Integer> weights,
      Set<String> tolerated,
      @Nullable Set<ServerName> only) {
    Map<String, Backend> backends;
    try {
      backends = wanted.backends();
    } catch (IllegalArgumentException e) {
      return new Drift(
          List.of("the configuration cannot be compared: " + e.getMessage()),
          List.of(),
          wanted,
          List.of(),
          Set.of(),
          Set.of());
    }
    Map<String, Map<String, ServerState>> states = new LinkedHashMap<>();
    for (ServerState state : running) {
      states
          .computeIfAbsent(state.backend(), backend -> new LinkedHashMap<>())
          .put(state.server(), state);
    }
    DriftDetector detector = new DriftDetector(draining, weights, tolerated, only);
    Map<String, List<ConfigLine>> actual = new HashMap<>();
    Set<String> missing = present == null ? Set.of() : detector.missing(backends, present.rows());
    List<Section> unexpected =
        present == null ? List.of() : detector.unexpected(backends, present, states);
    backends.forEach(
        (name, backend) -> {
          if (!missing.contains(name)) {
            actual.put(name, detector.compare(backend, states.getOrDefault(name, Map.of())));
          }
        });
    states.forEach(
        (name, servers) -> {
          if (!backends.containsKey(name)) {
            servers.values().forEach(detector::findForeignOverride);
          }
        });
    return new Drift(
        detector.differences,
        detector.overrides,
        detector.differences.isEmpty() ? wanted : running(wanted, actual, missing, unexpected),
        detector.checks,
        detector.addressDifferences,
        detector.unpublished);
  }

  /**
   * Compares maps.
   *
   * @param wanted what HAProxy should have
   * @param running the entries that it has, by path
   * @return for each map that differs, its path and the difference in words
   */
  public static Map<String, String> mapDifferences(
      Collection<MapFile> wanted, Map<String, List<MapFile.Entry>> running) {
    Map<String, String> differences = new TreeMap<>();
    for (MapFile map : wanted) {
      List<MapFile.Entry> entries = running.getOrDefault(map.path(), List.of());
      if (!map.matches(entries)) {
        List<String> keys =
            map.differences(entries).stream().sorted().map(PrintableText::of).toList();
        differences.put(
            map.path(),
            "map "
                + map.path()
                + (keys.isEmpty()
                    ? " has another order"
                    : " differs for " + UpdatePlanner.inOneLine(keys)));
      }
    }
    return differences;
  }

  /** The backends of the configuration that HAProxy has not. */
  private Set<String> missing(
      Map<String, Backend> backends, Map<String, BackendTable.Row> present) {
    Set<String> missing = new HashSet<>();
    backends.forEach(
        (name, backend) -> {
          BackendTable.Row row = present.get(name);
          // HAProxy does not show a disabled one.
          boolean disabled = backend.settings().anyMatch(line -> line.word(0).equals("disabled"));
          if (row == null && !disabled && differs("backend " + name + " is missing")) {
            missing.add(name);
          } else if (row != null && !row.published()) {
            unpublished.add(name);
          }
        });
    return missing;
  }

  /** Sections for the backends that HAProxy has and the configuration has not. */
  private List<Section> unexpected(
      Map<String, Backend> backends,
      Backends present,
      Map<String, Map<String, ServerState>> states) {
    List<Section> unexpected = new ArrayList<>();
    for (String name : new TreeSet<>(present.rows().keySet())) {
      if (!backends.containsKey(name)
          && !present.ignored().contains(name)
          && differs("backend " + name + " is not in the configuration")) {
        List<ConfigLine> servers = new ArrayList<>();
        for (ServerState state : states.getOrDefault(name, Map.of()).values()) {
          servers.add(line(state.server(), address(state), List.of()));
        }
        // Its defaults are not known, and not needed to remove it.
        unexpected.add(
            new Section(new ConfigLine(List.of("backend", name, "from", "unknown")), servers));
      }
    }
    return unexpected;
  }

  private static HaproxyConfig running(
      HaproxyConfig wanted,
      Map<String, List<ConfigLine>> servers,
      Set<String> missing,
      List<Section> unexpected) {
    List<Section> sections = new ArrayList<>();
    for (Section section : withServers(wanted, servers).sections()) {
      if (!section.kind().equals("backend") || !missing.contains(section.name())) {
        sections.add(section);
      }
    }
    sections.addAll(unexpected);
    return new HaproxyConfig(sections);
  }

  private static String address(ServerState state) {
    return (state.ip().indexOf(':') < 0 ? state.ip() : "[" + state.ip() + "]") + ":" + state.port();
  }

  private static HaproxyConfig withServers(
      HaproxyConfig wanted, Map<String, List<ConfigLine>> servers) {
    return new HaproxyConfig(
        wanted.sections().stream()
            .map(
                section ->
                    WITH_SERVERS.contains(section.kind()) && servers.containsKey(section.name())
                        ? withServers(section, servers.get(section.name()))
                        : section)
            .toList());
  }

  /** Replaces the server lines of a section; those of unexpected servers come last. */
  private static Section withServers(Section section, List<ConfigLine> servers) {
    Map<String, ConfigLine> byName = new LinkedHashMap<>();
    servers.forEach(line -> byName.put(line.word(1), line));
    List<ConfigLine> lines = new ArrayList<>();
    for (ConfigLine line : section.lines()) {
      if (!line.word(0).equals("server") || line.words().size() < 3) {
        lines.add(line);
      } else if (byName.containsKey(line.word(1))) {
        lines.add(byName.remove(line.word(1)));
      }
    }
    lines.addAll(byName.values());
    return new Section(section.head(), lines);
  }

  /** Adds a difference; false if it is tolerated. */
  private boolean differs(String words) {
    return !tolerated.contains(words) && differences.add(words);
  }

  /** The server lines of what HAProxy has. */
  private List<ConfigLine> compare(Backend backend, Map<String, ServerState> present) {
    List<ConfigLine> actual = new ArrayList<>();
    for (ServerLine line : compared(backend)) {
      ServerState state = present.get(line.name());
      if (state != null) {
        actual.add(compare(backend, line, state));
      } else if (!differs(backend.name() + "/" + line.name() + " is missing")) {
        actual.add(line(line.name(), line.address(), line.parameters()));
      }
    }
    for (ServerState state : present.values()) {
      if (backend.servers().containsKey(state.server())) {
        continue;
      }
      if (backend.hasTemplate()) {
        findForeignOverride(state);
      } else if (!isDraining(state) && differs(state.title() + " is not in the configuration")) {
        actual.add(line(state.server(), state.ip() + ":" + state.port(), List.of()));
      }
    }
    return actual;
  }

  private Collection<ServerLine> compared(Backend backend) {
    return only == null
        ? backend.servers().values()
        : only.getOrDefault(backend.name(), Set.of()).stream()
            .map(backend.servers()::get)
            .filter(Objects::nonNull)
            .toList();
  }

  private ConfigLine compare(Backend backend, ServerLine line, ServerState state) {
    List<String> options = line.words();
    boolean agent = options.contains("agent-check");
    String address = compareAddress(line.address(), state);
    List<String> parameters = new ArrayList<>(line.parameters());
    // Thousands of servers have the same options.
    OperatorOverride.Configured wanted =
        backend.defaultsKnown()
            ? configured.computeIfAbsent(options, OperatorOverride.Configured::of)
            : OperatorOverride.Configured.UNKNOWN;
    // An agent changes weight and state.
    OperatorOverride override = agent || isDraining(state) ? null : findOverride(state, wanted);
    Integer weight = wanted.weight();
    if (weight != null
        && weight != state.weight()
        && !agent
        && (override == null || override.weight() == null)
        && differs(state.title() + " has weight " + state.weight() + " instead of " + weight)) {
      parameters.addAll(List.of("weight", Integer.toString(state.weight())));
    }
    if (ServerName.legal(state.backend()) && ServerName.legal(state.server())) {
      ServerName name = new ServerName(state.backend(), state.server());
      if (state.numbers().checkDisabled()
          && options.contains("check")
          && differs(state.title() + " is not checked")) {
        checks.add(new EnableCheck(name, false));
      }
      if (state.numbers().agentDisabled()
          && agent
          && differs(state.title() + " is not checked by its agent")) {
        checks.add(new EnableCheck(name, true));
      }
    }
    return line(line.name(), address, parameters);
  }

  /** The address that HAProxy has, in the form of a server line. */
  private String compareAddress(String address, ServerState state) {
    String at = state.ip() + ":" + state.port();
    if (!address.equals(at)) {
      ServerAddress wanted = parsed(address);
      String bracketed = state.ip().indexOf(':') < 0 ? at : "[" + state.ip() + "]:" + state.port();
      // A host name is not compared: only HAProxy knows its address.
      String words = state.title() + " is at " + at + " instead of " + wanted;
      if (wanted != null && !wanted.equals(parsed(bracketed)) && differs(words)) {
        addressDifferences.add(words);
        return bracketed;
      }
    }
    return address;
  }

  private void findForeignOverride(ServerState state) {
    if (draining.contains(state.title())) {
      return;
    }
    var unused = findOverride(state, OperatorOverride.Configured.UNKNOWN);
  }

  private @Nullable OperatorOverride findOverride(
      ServerState state, OperatorOverride.Configured wanted) {
    Integer given =
        ServerName.legal(state.backend()) && ServerName.legal(state.server())
            ? weights.get(new ServerName(state.backend(), state.server()))
            : null;
    OperatorOverride override = OperatorOverride.of(state, wanted, given).orElse(null);
    if (override != null) {
      overrides.add(override);
    }
    return override;
  }

  private boolean isDraining(ServerState state) {
    return (state.maintenance() || state.draining()) && draining.contains(state.title());
  }

  private static ConfigLine line(String name, String address, List<String> parameters) {
    List<String> words = new ArrayList<>(List.of("server", name, address));
    words.addAll(parameters);
    return new ConfigLine(words);
  }

  private static @Nullable ServerAddress parsed(String address) {
    try {
      return ServerAddress.parse(address);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
