package dev.rollcall.lb.template;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import java.util.List;
import java.util.Map;

/** Instances as Consul might have them. */
public final class TestInstances {
  private TestInstances() {}

  public static ServiceInstance instance(String id) {
    return at(id, "198.18.0.5", 8080);
  }

  public static ServiceInstance at(String id, String address, int port) {
    return new ServiceInstance(
        id,
        "web",
        "node-1",
        address,
        port,
        List.of("java"),
        Map.of(),
        1,
        HealthStatus.PASSING,
        "dc1");
  }

  public static ServiceInstance onNode(String id, String node) {
    return new ServiceInstance(
        id, "web", node, "198.18.0.5", 8081, List.of(), Map.of(), 1, HealthStatus.PASSING, "dc1");
  }

  public static ServiceInstance weighing(String id, int weight) {
    return new ServiceInstance(
        id,
        "web",
        "node-1",
        "198.18.0.5",
        8082,
        List.of(),
        Map.of(),
        weight,
        HealthStatus.PASSING,
        "dc1");
  }

  public static ServiceInstance with(String id, List<String> tags, Map<String, String> meta) {
    return new ServiceInstance(
        id, "web", "node-1", "198.18.0.5", 8080, tags, meta, 1, HealthStatus.PASSING, "dc1");
  }

  /** The same somewhere else. */
  public static ServiceInstance moved(ServiceInstance instance, String address, int port) {
    return new ServiceInstance(
        instance.id(),
        instance.service(),
        instance.node(),
        address,
        port,
        instance.tags(),
        instance.meta(),
        instance.weight(),
        instance.status(),
        instance.datacenter());
  }

  public static CatalogSnapshot web(ServiceInstance... instances) {
    return CatalogSnapshot.of(Map.of("web", Pool.of(List.of(instances))));
  }
}
