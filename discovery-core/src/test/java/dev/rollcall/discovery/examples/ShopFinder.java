package dev.rollcall.discovery.examples;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LoadBalancer;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.Watch;
import java.time.Duration;
import java.util.Optional;

/** Finds an instance of another service for each call. */
final class ShopFinder implements AutoCloseable {

  private final LoadBalancer balancer =
      LoadBalancer.roundRobin().preferring(shop -> "eu-1".equals(shop.meta().get("zone")));
  private final Watch watch;

  ShopFinder(Discovery discovery) {
    watch = discovery.watch(ServiceQuery.service("shop"), this::changed);
  }

  /** Never waits for Consul: what was known last is used, also while Consul is away. */
  Optional<ServiceInstance> any() {
    return balancer.choose(watch.instances());
  }

  boolean isTrustworthy() {
    return !watch.stale() || watch.age().compareTo(Duration.ofMinutes(5)) < 0;
  }

  private void changed(Snapshot snapshot) {
    System.out.println("shops: " + snapshot.instances().size());
  }

  @Override
  public void close() {
    watch.close();
  }
}
