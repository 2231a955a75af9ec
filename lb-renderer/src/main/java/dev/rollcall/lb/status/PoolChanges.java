package dev.rollcall.lb.status;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Tells two renderings' pools apart. Pure. */
final class PoolChanges {
  private record Key(String id, String node) {
    static Key of(InstanceStatus instance) {
      return new Key(instance.id(), instance.node());
    }
  }

  private PoolChanges() {}

  /** What joined and left each service, and what was newly left out, sorted by service. */
  static List<Change> between(List<ServiceStatus> before, List<ServiceStatus> now, Instant at) {
    Map<String, List<InstanceStatus>> was = byName(before);
    Map<String, List<InstanceStatus>> is = byName(now);
    Map<String, List<InstanceStatus>> all = new TreeMap<>(was);
    all.putAll(is);
    List<Change> changes = new ArrayList<>();
    for (String service : all.keySet()) {
      List<InstanceStatus> old = was.getOrDefault(service, List.of());
      List<InstanceStatus> fresh = is.getOrDefault(service, List.of());
      add(changes, at, "joined", service, more(fresh, old, InstanceStatus::served));
      add(changes, at, "left", service, more(old, fresh, InstanceStatus::served));
      add(changes, at, "left-out", service, more(fresh, old, instance -> !instance.served()));
    }
    return changes;
  }

  private static void add(
      List<Change> changes, Instant at, String kind, String service, List<String> ids) {
    if (!ids.isEmpty()) {
      changes.add(Change.ofPool(at, kind, service, ids));
    }
  }

  /** The ids of those that are so in the first list and not in the second. */
  private static List<String> more(
      List<InstanceStatus> some, List<InstanceStatus> others, Predicate<InstanceStatus> so) {
    Set<Key> known = new HashSet<>();
    others.stream().filter(so).map(Key::of).forEach(known::add);
    return some.stream()
        .filter(so)
        .filter(instance -> !known.contains(Key.of(instance)))
        .map(InstanceStatus::id)
        .toList();
  }

  private static Map<String, List<InstanceStatus>> byName(List<ServiceStatus> services) {
    Map<String, List<InstanceStatus>> pools = new TreeMap<>();
    services.forEach(service -> pools.put(service.name(), service.instances()));
    return pools;
  }
}
