package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.catalog.CatalogView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Judges what every {@code server} line is made of (name, address, port, weight) before anything is
 * rendered.
 *
 * @param pools the instances to render, by service
 * @param refusals the others
 */
record Admission(Map<String, List<InstanceScope>> pools, List<Refusal> refusals) {
  private static final int HIGHEST_PORT = 65_535;
  // HAProxy's configuration manual, 5.2 "weight": 0 to 256.
  private static final int HIGHEST_WEIGHT = 256;

  /** Judges every instance of a view, for a template that tells where it writes a value. */
  static Admission of(CatalogView view, Function<String, String> places) {
    List<ServiceInstance> all =
        view.pools().values().stream().flatMap(pool -> pool.instances().stream()).toList();
    ServerNames names = new ServerNames(all);
    Map<String, ServiceInstance> taken = new HashMap<>();
    Map<String, List<InstanceScope>> pools = new LinkedHashMap<>();
    List<Refusal> refusals = new ArrayList<>();
    for (var pool : view.pools().entrySet()) {
      List<InstanceScope> admitted = new ArrayList<>();
      for (ServiceInstance instance : pool.getValue().instances()) {
        String name = names.of(instance);
        Optional<String> address = HostAddress.parse(instance.address());
        String reason = reason(instance, address);
        // An instance that helps out in another pool has one name in both.
        if (reason.isEmpty() && !taken.computeIfAbsent(name, free -> instance).equals(instance)) {
          reason =
              "its server name "
                  + name
                  + " is taken by another instance: register it under another id";
        }
        if (reason.isEmpty()) {
          admitted.add(
              new InstanceScope(pool.getKey(), instance, name, address.orElseThrow(), places));
        } else {
          refusals.add(new Refusal(pool.getKey(), instance.id(), instance.node(), reason));
        }
      }
      pools.put(pool.getKey(), admitted);
    }
    return new Admission(pools, refusals);
  }

  /** Why the instance can't be a server; empty if it can. */
  private static String reason(ServiceInstance instance, Optional<String> address) {
    if (address.isEmpty()) {
      return "address '"
          + Shown.of(instance.address())
          + "' is not the IPv4 or IPv6 address of a host";
    }
    if (instance.port() < 1 || instance.port() > HIGHEST_PORT) {
      return "port " + instance.port() + " is not between 1 and " + HIGHEST_PORT;
    }
    if (instance.weight() < 0 || instance.weight() > HIGHEST_WEIGHT) {
      return "weight " + instance.weight() + " is not between 0 and " + HIGHEST_WEIGHT;
    }
    return "";
  }
}
