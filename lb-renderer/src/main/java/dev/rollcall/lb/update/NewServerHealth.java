package dev.rollcall.lb.update;

import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import dev.rollcall.lb.haproxy.ServerState;
import dev.rollcall.lb.haproxy.ServerState.Operation;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Servers that were added at run time and have not passed their check yet. Either the instance is
 * down, or HAProxy checks it differently than the servers of its file, which only a reload would
 * tell. One is made if no server of the backend is up; otherwise the failure is reported. Used by
 * one thread at a time, but {@link #failures} by any.
 */
final class NewServerHealth {

  private static final Logger log = LoggerFactory.getLogger(NewServerHealth.class);

  /** By name, whether it was reported. */
  private final Map<ServerName, Boolean> unverified = new HashMap<>();

  private volatile Set<ServerName> failing = Set.of();

  void added(Definition server) {
    removed(server.name());
    if (server.options().checked() && !server.options().disabled()) {
      unverified.put(server.name(), false);
    }
  }

  void removed(ServerName name) {
    unverified.remove(name);
    Set<ServerName> others = new LinkedHashSet<>(failing);
    others.remove(name);
    failing = Set.copyOf(others);
  }

  void clear() {
    unverified.clear();
    failing = Set.of();
  }

  /** Updates their health. */
  void update(List<ServerState> servers) {
    if (unverified.isEmpty()) {
      return;
    }
    Map<String, ServerName> sought = new HashMap<>();
    unverified.keySet().forEach(name -> sought.put(name.toString(), name));
    Set<ServerName> failed = new LinkedHashSet<>();
    for (ServerState server : servers) {
      ServerName name = sought.get(server.title());
      if (name != null && server.numbers().checkPassed()) {
        unverified.remove(name);
      } else if (name != null
          && server.numbers().checkFailed()
          && server.operation() == Operation.STOPPED) {
        failed.add(name);
      }
    }
    failed.forEach(
        name -> {
          if (Boolean.FALSE.equals(unverified.put(name, true))) {
            log.warn("{}", describe(name));
          }
        });
    failing = Set.copyOf(failed);
  }

  /** Why a reload is needed; empty when none is. */
  Optional<String> reasonToReload(List<ServerState> servers) {
    if (failing.isEmpty()) {
      return Optional.empty();
    }
    Set<String> up = new HashSet<>();
    for (ServerState server : servers) {
      if (server.operation() != Operation.STOPPED) {
        up.add(server.backend());
      }
    }
    return failing.stream()
        .sorted()
        .filter(name -> !up.contains(name.backend()))
        .findFirst()
        .map(name -> "no server of backend " + name.backend() + " is up, and " + describe(name));
  }

  /** Each in words. Safe from any thread. */
  List<String> failures() {
    return failing.stream().sorted().map(NewServerHealth::describe).collect(Collectors.toList());
  }

  private static String describe(ServerName name) {
    return name
        + " joined while HAProxy ran and has failed its check ever since: the instance is down, or HAProxy checks it otherwise than the servers of its file";
  }
}
