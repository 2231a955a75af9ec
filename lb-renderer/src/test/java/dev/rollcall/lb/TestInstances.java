package dev.rollcall.lb;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import java.util.List;
import java.util.Map;

/** Instances as Consul might have them. */
public final class TestInstances {
  /** The node of all that have none of their own. */
  public static final String NODE = "node-1";

  private static final String ADDRESS = "198.18.0.5";

  private TestInstances() {}

  public static ServiceInstance instance(String id) {
    return at(id, ADDRESS, 8080);
  }

  public static ServiceInstance at(String id, String address, int port) {
    return instance(
        "web", id, NODE, address, port, List.of("java"), Map.of(), 1, HealthStatus.PASSING);
  }

  public static ServiceInstance onNode(String id, String node) {
    return instance("web", id, node, ADDRESS, 8081, List.of(), Map.of(), 1, HealthStatus.PASSING);
  }

  public static ServiceInstance weighing(String id, int weight) {
    return instance(
        "web", id, NODE, ADDRESS, 8082, List.of(), Map.of(), weight, HealthStatus.PASSING);
  }

  public static ServiceInstance with(String id, List<String> tags, Map<String, String> meta) {
    return instance("web", id, NODE, ADDRESS, 8080, tags, meta, 1, HealthStatus.PASSING);
  }

  public static ServiceInstance inHealth(
      String service, String id, String address, HealthStatus status) {
    return instance(service, id, NODE, address, 8080, List.of(), Map.of(), 1, status);
  }

  /** One with everything that there is to say of one. */
  public static ServiceInstance instance(
      String service,
      String id,
      String node,
      String address,
      int port,
      List<String> tags,
      Map<String, String> meta,
      int weight,
      HealthStatus status) {
    return ServiceInstance.builder(service, address, port)
        .id(id)
        .node(node)
        .tags(tags)
        .meta(meta)
        .weight(weight)
        .status(status)
        .datacenter("dc1")
        .build();
  }

  /** The same somewhere else. */
  public static ServiceInstance moved(ServiceInstance instance, String address, int port) {
    return ServiceInstance.builder(instance.service(), address, port)
        .id(instance.id())
        .node(instance.node())
        .tags(instance.tags())
        .meta(instance.meta())
        .weight(instance.weight())
        .status(instance.status())
        .datacenter(instance.datacenter())
        .build();
  }

  public static CatalogSnapshot web(ServiceInstance... instances) {
    return CatalogSnapshot.of(Map.of("web", Pool.of(List.of(instances))));
  }
}
