package dev.rollcall.lb.update;

import dev.rollcall.lb.config.Backend;
import dev.rollcall.lb.config.ConfigLine;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerLine;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.ServerChange.EnableCheck;
import dev.rollcall.lb.haproxy.ServerState;
import dev.rollcall.lb.haproxy.ShowServersState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In what a running HAProxy differs from its configuration: servers that are missing, that nobody
 * wants, that have another address or weight, or whose check is off. What an operator ordered is
 * told apart ({@link OperatorOverride}): it is no difference. Health is none either: a server that
 * is down is where it should be. Immutable; the comparison is pure.
 *
 * @param differences each in words, one line
 * @param overrides of operators, for all servers of HAProxy
 * @param runningConfig the configuration that would give what HAProxy runs: the way back from it is
 *     the change that mends the differences
 * @param checks that are to be switched on again
 * @param addressDifferences those of the differences that are about an address
 */
public record Drift(
    List<String> differences,
    List<OperatorOverride> overrides,
    HaproxyConfig runningConfig,
    List<EnableCheck> checks,
    Set<String> addressDifferences) {

  private static final Set<String> WITH_SERVERS = Set.of("backend", "listen");

  /** Copies the lists. */
  public Drift {
    differences = List.copyOf(differences);
    overrides = List.copyOf(overrides);
    checks = List.copyOf(checks);
    addressDifferences = Set.copyOf(addressDifferences);
  }

  /**
   * Compares.
   *
   * @param wanted the configuration that HAProxy should run
   * @param running its servers
   * @param leaving servers in drain or maintenance that wait for their last connection; not counted
   *     as too many, and their state is no order
   * @param weights that we gave to servers while they ran
   * @param tolerated differences, in words, that are how HAProxy reads the file
   */
  public static Drift detect(
      HaproxyConfig wanted,
      ShowServersState running,
      Set<ServerName> leaving,
      Map<ServerName, Integer> weights,
      Set<String> tolerated) {
    Map<String, Backend> backends;
    try {
      backends = wanted.backends();
    } catch (IllegalArgumentException e) {
      return new Drift(
          List.of("the configuration cannot be compared: " + e.getMessage()),
          List.of(),
          wanted,
          List.of(),
          Set.of());
    }
    Map<String, Map<String, ServerState>> present = new LinkedHashMap<>();
    for (ServerState state : running.servers()) {
      present
          .computeIfAbsent(state.backend(), backend -> new LinkedHashMap<>())
          .put(state.server(), state);
    }
    Comparison comparison = new Comparison(leaving, weights, tolerated);
    Map<String, List<ConfigLine>> actual = new HashMap<>();
    backends.forEach(
        (name, backend) ->
            actual.put(name, comparison.compare(backend, present.getOrDefault(name, Map.of()))));
    present.forEach(
        (name, servers) -> {
          if (!backends.containsKey(name)) {
            servers.values().forEach(state -> comparison.order(state, null, true));
          }
        });
    return new Drift(
        comparison.differences,
        comparison.orders,
        comparison.differences.isEmpty() ? wanted : withServers(wanted, actual),
        comparison.checks,
        comparison.moved);
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

  /** What stands where a line of the section stood, and after the last line what is too many. */
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

  /** What is found, backend by backend. */
  private static final class Comparison {

    private final Set<ServerName> leaving;
    private final Map<ServerName, Integer> weights;
    private final Map<List<String>, OperatorOverride.Configured> read = new HashMap<>();
    private final List<String> differences = new ArrayList<>();
    private final List<OperatorOverride> orders = new ArrayList<>();
    private final Set<String> tolerated;
    private final List<EnableCheck> checks = new ArrayList<>();
    private final Set<String> moved = new HashSet<>();

    Comparison(Set<ServerName> leaving, Map<ServerName, Integer> weights, Set<String> tolerated) {
      this.leaving = leaving;
      this.weights = weights;
      this.tolerated = tolerated;
    }

    /** Notes a difference; whether it counts. */
    private boolean differs(String words) {
      return !tolerated.contains(words) && differences.add(words);
    }

    /** The server lines that would give what HAProxy has. */
    List<ConfigLine> compare(Backend backend, Map<String, ServerState> present) {
      List<ConfigLine> actual = new ArrayList<>();
      for (ServerLine line : backend.servers().values()) {
        ServerState state = present.get(line.name());
        if (state == null) {
          if (!differs(backend.name() + "/" + line.name() + " is missing")) {
            actual.add(line(line.name(), line.address(), line.parameters()));
          }
        } else {
          actual.add(compare(backend, line, state));
        }
      }
      for (ServerState state : present.values()) {
        if (backend.servers().containsKey(state.server())) {
          continue;
        }
        if (backend.hasTemplate()) {
          order(state, null, true);
        } else if (!isLeaving(state)
            && differs(state.backend() + "/" + state.server() + " is not in the configuration")) {
          actual.add(line(state.server(), state.ip() + ":" + state.port(), List.of()));
        }
      }
      return actual;
    }

    private ConfigLine compare(Backend backend, ServerLine line, ServerState state) {
      List<String> options = line.words();
      String title = state.backend() + "/" + state.server();
      String address = line.address();
      List<String> parameters = new ArrayList<>(line.parameters());
      String at = state.ip() + ":" + state.port();
      if (!address.equals(at)) {
        ServerAddress wanted = parsed(address);
        // Only HAProxy knows what it makes of a name; the server is there.
        String words = title + " is at " + at + " instead of " + wanted;
        if (wanted != null && !wanted.equals(parsed(bracketed(state))) && differs(words)) {
          moved.add(words);
          address = bracketed(state);
        }
      }
      // Thousands of servers have the same words.
      OperatorOverride.Configured configured =
          backend.defaultsKnown()
              ? read.computeIfAbsent(options, Comparison::configured)
              : OperatorOverride.Configured.UNKNOWN;
      // An agent changes both.
      boolean ordered = !options.contains("agent-check") && order(state, configured, false);
      Integer weight = configured.weight();
      if (weight != null
          && weight != state.weight()
          && !options.contains("agent-check")
          && !(ordered && orders.get(orders.size() - 1).weight() != null)
          && differs(title + " has weight " + state.weight() + " instead of " + weight)) {
        parameters.addAll(List.of("weight", Integer.toString(state.weight())));
      }
      if (ServerName.legal(state.backend())
          && state.numbers().checkDisabled()
          && options.contains("check")
          && differs(title + " is not checked")) {
        checks.add(new EnableCheck(name(state), false));
      }
      if (ServerName.legal(state.backend())
          && state.numbers().agentDisabled()
          && options.contains("agent-check")
          && differs(title + " is not checked by its agent")) {
        checks.add(new EnableCheck(name(state), true));
      }
      return line(line.name(), address, parameters);
    }

    /** Notes what was ordered of a server; whether something was. */
    private boolean order(
        ServerState state, OperatorOverride.@Nullable Configured configured, boolean foreign) {
      if (!foreign && isLeaving(state)) {
        return false;
      }
      var order =
          OperatorOverride.of(
              state,
              configured == null ? OperatorOverride.Configured.UNKNOWN : configured,
              ServerName.legal(state.backend()) && ServerName.legal(state.server())
                  ? weights.get(name(state))
                  : null);
      order.ifPresent(orders::add);
      return order.isPresent();
    }

    private boolean isLeaving(ServerState state) {
      return (state.admin().maintenance() || state.admin().draining())
          && leaving.stream()
              .anyMatch(
                  name ->
                      name.backend().equals(state.backend())
                          && name.server().equals(state.server()));
    }

    private static OperatorOverride.Configured configured(List<String> words) {
      int weight = words.lastIndexOf("weight");
      boolean disabled = words.lastIndexOf("disabled") > words.lastIndexOf("enabled");
      if (weight < 0) {
        return new OperatorOverride.Configured(disabled, 1);
      }
      String value = weight + 1 < words.size() ? words.get(weight + 1) : "";
      return new OperatorOverride.Configured(
          disabled, value.matches("\\d{1,3}") ? Integer.valueOf(value) : null);
    }

    private static ServerName name(ServerState state) {
      return new ServerName(state.backend(), state.server());
    }

    private static ConfigLine line(String name, String address, List<String> parameters) {
      List<String> words = new ArrayList<>(List.of("server", name, address));
      words.addAll(parameters);
      return new ConfigLine(words);
    }

    private static String bracketed(ServerState state) {
      return (state.ip().indexOf(':') < 0 ? state.ip() : "[" + state.ip() + "]")
          + ":"
          + state.port();
    }

    private static @Nullable ServerAddress parsed(String address) {
      try {
        return ServerAddress.parse(address);
      } catch (IllegalArgumentException e) {
        return null;
      }
    }
  }
}
