package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.Catalog.Page;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Instances and answers for tests. */
final class Snapshots {

  private Snapshots() {}

  static ServiceInstance instance(String id) {
    return new ServiceInstance(
        id, "web", "node", "198.18.0.1", 80, List.of(), Map.of(), 1, HealthStatus.PASSING, "dc1");
  }

  static Page<Snapshot> page(long index, String... ids) {
    return page(ServiceQuery.service("web"), index, ids);
  }

  static Page<Snapshot> page(ServiceQuery query, long index, String... ids) {
    Snapshot found = new Snapshot(query, Stream.of(ids).map(Snapshots::instance).toList());
    return new Page<>(found, List.of(), index);
  }
}
