package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.ServiceInstance;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;

/**
 * A service that has moved from one agent to another is listed by both for a while: the same id at
 * the same address and port, on two nodes. It is one instance. The same id at another address is
 * another instance, as where each node's own agent knows its service by the same id.
 */
final class OneOfEach {

  private record Place(String id, String address, int port) {}

  private static final BinaryOperator<ServiceInstance> BETTER =
      BinaryOperator.minBy(
          Comparator.comparing(ServiceInstance::status).thenComparing(ServiceInstance::node));

  private OneOfEach() {}

  /** One instance of each place: the one in the best health, then the one of the first node. */
  static List<ServiceInstance> of(Collection<ServiceInstance> instances) {
    Map<Place, ServiceInstance> best = new LinkedHashMap<>();
    for (ServiceInstance each : instances) {
      best.merge(new Place(each.id(), each.address(), each.port()), each, BETTER);
    }
    return List.copyOf(best.values());
  }
}
