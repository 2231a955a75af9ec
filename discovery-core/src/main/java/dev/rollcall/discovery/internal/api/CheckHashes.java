package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.internal.net.Require;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The health of all services at one moment, in so little that two moments can be compared: for each
 * service a hash of its checks' ids and states. What checks put out is left out, as it changes
 * nothing that is watched.
 *
 * @param services a hash for each service that has checks, under its name in lower case, as Consul
 *     takes names that differ in case only for one; unmodifiable
 * @param nodes a hash of the checks of nodes, which concern every service there
 * @param checks how many checks there are
 */
public record CheckHashes(Map<String, Long> services, long nodes, int checks) {

  /** The services whose checks are others now than before. */
  public Set<String> movedSince(CheckHashes before) {
    Set<String> moved = new HashSet<>();
    services.forEach(
        (service, hash) -> {
          if (!hash.equals(before.services.get(service))) {
            moved.add(service);
          }
        });
    before.services.keySet().stream()
        .filter(service -> !services.containsKey(service))
        .forEach(moved::add);
    return moved;
  }

  /** Takes checks together, whatever their order. Not thread-safe. */
  public static final class Builder {

    private static final long PRIME = 0x100000001b3L;

    private final Map<String, Long> services = new HashMap<>();
    private long nodes;
    private int checks;

    /**
     * Takes a check in.
     *
     * @param service the service's name; empty for a check of the node itself
     */
    public void add(String service, String node, String check, String status) {
      long hash = mixed(hash(hash(hash(0xcbf29ce484222325L, node), check), status));
      checks++;
      if (service.isEmpty()) {
        nodes += hash;
      } else if (Require.isQueryableName(service)) { // Nobody can watch another.
        services.merge(service.toLowerCase(Locale.ROOT), hash, Long::sum);
      }
    }

    /** What was taken in. */
    public CheckHashes build() {
      return new CheckHashes(Map.copyOf(services), nodes, checks);
    }

    /** FNV-1a, with an end to each text. */
    private static long hash(long before, String text) {
      long hash = before;
      for (int i = 0; i < text.length(); i++) {
        hash = (hash ^ text.charAt(i)) * PRIME;
      }
      return (hash ^ 0xffff) * PRIME;
    }

    /** Sums of what is alike in its bits would be alike. */
    private static long mixed(long hash) {
      long mixed = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
      return mixed ^ (mixed >>> 33);
    }
  }
}
