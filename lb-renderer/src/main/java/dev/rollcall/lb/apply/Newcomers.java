package dev.rollcall.lb.apply;

import dev.rollcall.lb.runtime.PoolServer;
import dev.rollcall.lb.runtime.ServerName;
import dev.rollcall.lb.runtime.ServerState;
import dev.rollcall.lb.runtime.ServerState.Operation;
import dev.rollcall.lb.runtime.ServersState;
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
 * Servers with a check that joined while HAProxy ran and were not seen to pass it yet. From
 * outside, an instance that is ill looks like one that is checked otherwise than the servers of the
 * file, so that it is told. Only where the backend has nothing left to lose, as none of its servers
 * is up, a reload tells which it is; it forgets all newcomers, so there is no second one for them.
 * Used by one thread at a time, but {@link #doubts} by any.
 */
final class Newcomers {

  private static final Logger log = LoggerFactory.getLogger(Newcomers.class);

  /** Whether it was told, by name. */
  private final Map<ServerName, Boolean> unproven = new HashMap<>();

  private volatile Set<ServerName> failing = Set.of();

  void joined(PoolServer server) {
    left(server.name());
    if (server.options().checked() && !server.options().disabled()) {
      unproven.put(server.name(), false);
    }
  }

  void left(ServerName name) {
    unproven.remove(name);
    Set<ServerName> others = new LinkedHashSet<>(failing);
    others.remove(name);
    failing = Set.copyOf(others);
  }

  void clear() {
    unproven.clear();
    failing = Set.of();
  }

  /** Takes note of their health. */
  void look(ServersState state) {
    if (unproven.isEmpty()) {
      return;
    }
    Map<String, ServerName> sought = new HashMap<>();
    unproven.keySet().forEach(name -> sought.put(name.toString(), name));
    Set<ServerName> failed = new LinkedHashSet<>();
    for (ServerState server : state.servers()) {
      ServerName name = sought.get(server.backend() + "/" + server.server());
      if (name != null && server.numbers().passed()) {
        unproven.remove(name);
      } else if (name != null
          && server.numbers().failed()
          && server.operation() == Operation.STOPPED) {
        failed.add(name);
      }
    }
    failed.forEach(
        name -> {
          if (Boolean.FALSE.equals(unproven.put(name, true))) {
            log.warn("{}", inWords(name));
          }
        });
    failing = Set.copyOf(failed);
  }

  /** Why a reload has to tell; empty when none has to. */
  Optional<String> trouble(ServersState state) {
    if (failing.isEmpty()) {
      return Optional.empty();
    }
    Set<String> up = new HashSet<>();
    for (ServerState server : state.servers()) {
      if (server.operation() != Operation.STOPPED) {
        up.add(server.backend());
      }
    }
    return failing.stream()
        .sorted()
        .filter(name -> !up.contains(name.backend()))
        .findFirst()
        .map(name -> "no server of backend " + name.backend() + " is up, and " + inWords(name));
  }

  /** Each in words. Safe from any thread. */
  List<String> doubts() {
    return failing.stream().sorted().map(Newcomers::inWords).collect(Collectors.toList());
  }

  private static String inWords(ServerName name) {
    return name
        + " joined while HAProxy ran and has failed its check ever since: the instance is down, or HAProxy checks it otherwise than the servers of its file";
  }
}
