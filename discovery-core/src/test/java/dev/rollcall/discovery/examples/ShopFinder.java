package dev.rollcall.discovery.examples;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.Watch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Finds an instance of another service for each call. */
final class ShopFinder implements AutoCloseable {

  private final Watch watch;

  ShopFinder(Discovery discovery) {
    watch = discovery.watch(ServiceQuery.service("shop"), this::changed);
  }

  /** Never waits for Consul: what was known last is used, also while Consul is away. */
  Optional<ServiceInstance> any() {
    List<ServiceInstance> shops = watch.current().map(Snapshot::instances).orElse(List.of());
    return shops.isEmpty()
        ? Optional.empty()
        : Optional.of(shops.get(ThreadLocalRandom.current().nextInt(shops.size())));
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
