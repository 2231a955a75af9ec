package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The instances that a rendering leaves out of each pool, and why. Used by one thread. */
final class Exclusions {
  private final Map<String, Set<ServiceInstance>> instances = new HashMap<>();
  private final List<InstanceProblem> refusals = new ArrayList<>();

  void add(List<RenderAttempt.LeftOut> more) {
    for (RenderAttempt.LeftOut one : more) {
      InstanceContext scope = one.scope();
      // By identity: that is quick, and tells even equal ones apart.
      instances
          .computeIfAbsent(scope.pool(), pool -> Collections.newSetFromMap(new IdentityHashMap<>()))
          .add(scope.instance());
      refusals.add(scope.refusal(one.reason()));
    }
  }

  void clear() {
    instances.clear();
    refusals.clear();
  }

  List<InstanceProblem> refusals() {
    return refusals;
  }

  /** Those of a pool that are not left out. */
  List<ServiceInstance> without(String pool, List<ServiceInstance> all) {
    Set<ServiceInstance> out = instances.getOrDefault(pool, Set.of());
    return out.isEmpty() ? all : all.stream().filter(one -> !out.contains(one)).toList();
  }
}
