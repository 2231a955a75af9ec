package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.HaproxyConfig;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The servers of a configuration that an earlier run wrote: what can still be known of the names
 * that it gave. Immutable.
 *
 * @param addresses where the servers of each name are
 */
record WrittenNames(Map<String, Set<String>> addresses) {
  static final WrittenNames NONE = new WrittenNames(Map.of());

  /** Reads any text. */
  static WrittenNames of(String configuration) {
    Map<String, Set<String>> addresses = new HashMap<>();
    HaproxyConfig.parse(configuration).sections().stream()
        .flatMap(section -> section.servers().stream())
        .forEach(
            server ->
                addresses
                    .computeIfAbsent(server.name(), name -> new HashSet<>())
                    .add(server.address()));
    return new WrittenNames(Map.copyOf(addresses));
  }

  /** Whether a server has the name. */
  boolean has(String name) {
    return addresses.containsKey(name);
  }

  /** Whether a server of the name is where the instance is. */
  boolean isAt(String name, ServiceInstance instance) {
    Set<String> there = addresses.get(name);
    return there != null
        && there.contains(InstanceAddress.of(instance.address()).literal() + ":" + instance.port());
  }
}
