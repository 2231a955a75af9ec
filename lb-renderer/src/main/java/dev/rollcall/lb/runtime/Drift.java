package dev.rollcall.lb.runtime;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.ServerLine;
import dev.rollcall.lb.runtime.BackendView.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * In what a running HAProxy differs from its configuration: servers that are missing, that nobody
 * wants, or that have another address, weight or order. Health is none of it: a server that is down
 * is where it should be. Pure, stateless and thread-safe.
 */
public final class Drift {

  private Drift() {}

  /**
   * Compares.
   *
   * @param wanted the configuration that HAProxy should run
   * @param running its servers
   * @param leaving servers in drain or maintenance that wait for their last connection; not counted
   *     as too many
   * @return each difference in words, one line each; empty when there is none
   */
  public static List<String> between(
      HaproxyConfig wanted, ServersState running, Set<ServerName> leaving) {
    Map<String, BackendView> backends;
    try {
      backends = BackendViews.of(wanted);
    } catch (NotAtRunTime e) {
      return List.of("the configuration cannot be compared: " + e.reason());
    }
    Map<String, Map<String, ServerState>> present = new HashMap<>();
    for (ServerState state : running.servers()) {
      present
          .computeIfAbsent(state.backend(), backend -> new LinkedHashMap<>())
          .put(state.server(), state);
    }
    List<String> differences = new ArrayList<>();
    Map<List<String>, Optional<ServerOptions>> read = new HashMap<>();
    for (BackendView backend : backends.values()) {
      compare(backend, present.getOrDefault(backend.name(), Map.of()), leaving, read, differences);
    }
    return differences;
  }

  private static void compare(
      BackendView backend,
      Map<String, ServerState> present,
      Set<ServerName> leaving,
      Map<List<String>, Optional<ServerOptions>> read,
      List<String> differences) {
    for (Entry entry : backend.servers().values()) {
      ServerState state = present.get(entry.line().name());
      if (state == null) {
        differences.add(backend.name() + "/" + entry.line().name() + " is missing");
      } else {
        // Thousands of servers have the same words.
        read.computeIfAbsent(entry.words(), Drift::options)
            .ifPresent(options -> compare(entry.line(), options, state, differences));
      }
    }
    if (backend.hasTemplate()) {
      return;
    }
    for (ServerState state : present.values()) {
      if (!backend.servers().containsKey(state.server()) && !isLeaving(state, leaving)) {
        differences.add(state.backend() + "/" + state.server() + " is not in the configuration");
      }
    }
  }

  private static boolean isLeaving(ServerState state, Set<ServerName> leaving) {
    return (state.admin().maintenance() || state.admin().draining())
        && leaving.stream()
            .anyMatch(
                name ->
                    name.backend().equals(state.backend()) && name.server().equals(state.server()));
  }

  /** Empty when only HAProxy knows what it makes of them. */
  private static Optional<ServerOptions> options(List<String> words) {
    try {
      return Optional.of(ServerOptions.fold(words));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static void compare(
      ServerLine line, ServerOptions options, ServerState state, List<String> differences) {
    String title = state.backend() + "/" + state.server();
    String at = state.ip() + ":" + state.port();
    if (!line.address().equals(at)) {
      ServerAddress address;
      try {
        address = ServerAddress.parse(line.address());
      } catch (IllegalArgumentException e) {
        // Only HAProxy knows what it makes of it, as of a name that it resolves; it is there.
        return;
      }
      if (!at(address, state)) {
        differences.add(title + " is at " + at + " instead of " + address);
      }
    }
    if (options.weight() != state.weight()) {
      differences.add(title + " has weight " + state.weight() + " instead of " + options.weight());
    }
    boolean ready = !options.disabled();
    if (ready ? !state.admin().ready() : !state.admin().maintenance()) {
      differences.add(
          title
              + " is in state "
              + state.admin().inWords()
              + " instead of "
              + (ready ? "ready" : "maintenance"));
    }
  }

  private static boolean at(ServerAddress address, ServerState state) {
    try {
      return address.equals(new ServerAddress(state.ip(), state.port()));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
