package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.Watch;
import dev.rollcall.discovery.Watched;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.client.ServiceInstance;

/**
 * Finds instances by watches, each opened when its service is first asked for: from then on an
 * answer comes out of memory, and holds through an outage of Consul. Until a watch has its first
 * answer, Consul is read.
 *
 * <p>Thread-safe. The watches end with the connection.
 */
final class InstanceLookup {

  private final Discovery discovery;
  private final int limit;
  private final Duration timeout;
  private final List<ServiceQueryCustomizer> customizers;
  private final ConcurrentMap<String, Watch> watches = new ConcurrentHashMap<>();
  private @Nullable Watched<CatalogServices> services;

  /**
   * @param limit how many services are watched at most
   * @param timeout how long to wait for the first answer about the services' names
   */
  InstanceLookup(
      Discovery discovery, int limit, Duration timeout, List<ServiceQueryCustomizer> customizers) {
    this.discovery = discovery;
    this.limit = limit;
    this.timeout = timeout;
    this.customizers = List.copyOf(customizers);
  }

  /**
   * The instances of a service; none if no service can have that name.
   *
   * @throws dev.rollcall.discovery.ConsulException if nothing is known yet and Consul cannot be
   *     read
   */
  List<ServiceInstance> instances(String service) {
    Optional<ServiceQuery> query = query(service);
    return query.map(this::found).orElse(List.of()).stream()
        .map(each -> (ServiceInstance) new ConsulServiceInstance(each))
        .toList();
  }

  private List<dev.rollcall.discovery.ServiceInstance> found(ServiceQuery query) {
    Watch watch = watches.get(query.service());
    if (watch == null && watches.size() < limit) {
      // Two at once may go over the limit by one.
      watch = watches.computeIfAbsent(query.service(), name -> discovery.watch(query));
    }
    Optional<Snapshot> known = watch == null ? Optional.empty() : watch.current();
    return known.map(Snapshot::instances).orElseGet(() -> discovery.instances(query));
  }

  private Optional<ServiceQuery> query(String service) {
    ServiceQuery query;
    try {
      query = ServiceQuery.service(service);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    for (ServiceQueryCustomizer each : customizers) {
      query = each.customize(query);
    }
    return Optional.of(query);
  }

  /**
   * The names of all services, healthy or not.
   *
   * @throws IllegalStateException if nothing is known yet and Consul does not answer in time
   */
  List<String> services() {
    try {
      return watchedServices()
          .awaitFirst(timeout)
          .map(known -> List.copyOf(known.names()))
          .orElseThrow(
              () ->
                  new IllegalStateException(
                      "Consul has not said within "
                          + timeout.toMillis()
                          + " ms which services there are; the log says why"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the names of services", e);
    }
  }

  private synchronized Watched<CatalogServices> watchedServices() {
    Watched<CatalogServices> watched = services;
    if (watched == null) {
      watched = discovery.watchServices(CatalogQuery.services(), names -> {});
      services = watched;
    }
    return watched;
  }
}
