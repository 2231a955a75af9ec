package dev.rollcall.lb.consul;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Watch;
import dev.rollcall.discovery.Watched;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether a service that no template names has the endpoint of an instance that is retained.
 * Consul has no index by address, so all other services are watched, each for the ports in question
 * alone, and only as long as something is retained. Used by one thread.
 */
final class EndpointTakeoverWatcher implements AutoCloseable {
  /** As many as leave most of an agent's 200 connections to the services that are named. */
  static final int MOST = 64;

  private static final int MOST_PORTS = 100;
  private static final Logger log = LoggerFactory.getLogger(EndpointTakeoverWatcher.class);

  private final Discovery discovery;
  private final Runnable changed;
  private final Map<String, Watch> watches = new HashMap<>();
  private @Nullable Watched<CatalogServices> names;
  private Set<Integer> ports = Set.of();
  private boolean tooMany;

  /**
   * Watches nothing yet.
   *
   * @param changed run after each change, on a thread of the library; it must not block
   */
  EndpointTakeoverWatcher(Discovery discovery, Runnable changed) {
    this.discovery = discovery;
    this.changed = changed;
  }

  /**
   * Watches for these endpoints from now on, and for no others; for none it watches nothing.
   *
   * @param named the services to leave out, as they are watched anyway
   */
  void watch(Set<Endpoint> endpoints, Set<String> named) {
    Set<Integer> wanted = endpoints.stream().map(Endpoint::port).collect(Collectors.toSet());
    if (wanted.isEmpty()) {
      close();
      return;
    }
    if (!wanted.equals(ports)) {
      ConsulCatalog.closeAllBut(Set.of(), watches);
      ports = wanted;
    }
    Watched<CatalogServices> known = names;
    if (known == null) {
      known = discovery.watchServices(CatalogQuery.services(), found -> changed.run());
      names = known;
    }
    Set<String> others =
        new TreeSet<>(known.current().map(CatalogServices::names).orElse(Set.of()));
    others.removeAll(named);
    ConsulCatalog.closeAllBut(others, watches);
    for (String service : others) {
      if (watches.size() < MOST) {
        watches.computeIfAbsent(
            service, name -> discovery.watch(query(name), snapshot -> changed.run()));
      }
    }
    warnOfTooMany(others.size());
  }

  private void warnOfTooMany(int others) {
    if (others > MOST && !tooMany) {
      log.warn(
          "There are {} services that no template names: only {} are asked whether they have the"
              + " address of an instance that is retained",
          others,
          MOST);
    }
    tooMany = others > MOST;
  }

  private ServiceQuery query(String service) {
    ServiceQuery passing = ServiceQuery.service(service);
    return ports.size() > MOST_PORTS
        ? passing
        : passing.filter(
            ports.stream()
                .sorted()
                .map(port -> "Service.Port == " + port)
                .collect(Collectors.joining(" or ")));
  }

  /** The endpoints that passing instances of the other services have, as far as they were seen. */
  Set<Endpoint> endpoints() {
    Set<Endpoint> endpoints = new HashSet<>();
    for (Watch watch : watches.values()) {
      watch
          .current()
          .ifPresent(now -> now.instances().forEach(one -> endpoints.add(Endpoint.of(one))));
    }
    return endpoints;
  }

  /** Ends every watch. Idempotent. */
  @Override
  public void close() {
    ConsulCatalog.closeAllBut(Set.of(), watches);
    if (names != null) {
      names.close();
      names = null;
    }
    ports = Set.of();
  }
}
