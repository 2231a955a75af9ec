package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import java.util.List;
import java.util.stream.Stream;

/** Instances and answers for tests. */
public final class TestSnapshots {

  private TestSnapshots() {}

  static ServiceInstance instance(String id) {
    return ServiceInstance.builder("web", "198.18.0.1", 80)
        .id(id)
        .node("node")
        .datacenter("dc1")
        .build();
  }

  public static QueryResult<Snapshot> page(long index, String... ids) {
    return page(ServiceQuery.service("web"), index, ids);
  }

  static QueryResult<Snapshot> page(ServiceQuery query, long index, String... ids) {
    Snapshot found = new Snapshot(query, Stream.of(ids).map(TestSnapshots::instance).toList());
    return new QueryResult<>(found, List.of(), index);
  }
}
