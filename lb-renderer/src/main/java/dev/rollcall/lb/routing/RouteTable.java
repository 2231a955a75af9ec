package dev.rollcall.lb.routing;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.PrintableText;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The routes of the services that a template ranges over. Immutable; a pure decision of its inputs.
 *
 * <ul>
 *   <li>What a service asks for is what the first registered of its instances asks for that asks
 *       for anything. Those that ask for something else are named.
 *   <li>A route that two services ask for is that one's which has it. Of those that are new it is
 *       the one's that was registered first, by Consul's index; then that of the first name.
 *   <li>A service that is refused a route has its others.
 * </ul>
 *
 * @param services by name, also those without a route
 */
public record RouteTable(SortedMap<String, ServiceRoutes> services) {
  /** Of no services. */
  public static final RouteTable EMPTY = new RouteTable(new TreeMap<>());

  private static final Comparator<ServiceInstance> FIRST_REGISTERED =
      Comparator.comparingLong(ServiceInstance::createIndex)
          .thenComparing(ServiceInstance::id)
          .thenComparing(ServiceInstance::node);

  /** Copies the map. */
  public RouteTable {
    services = Collections.unmodifiableSortedMap(new TreeMap<>(services));
  }

  /**
   * The routes of one service. Immutable.
   *
   * @param routes those that it has, in the order in which it asks for them; of TCP one at most
   * @param refusals what it asks for and does not get
   */
  public record ServiceRoutes(List<Route> routes, List<Refusal> refusals) {
    /** Copies the lists. */
    public ServiceRoutes {
      routes = List.copyOf(routes);
      refusals = List.copyOf(refusals);
    }

    /** Those by HTTP. */
    public List<Route.Http> http() {
      return routes.stream()
          .filter(Route.Http.class::isInstance)
          .map(Route.Http.class::cast)
          .toList();
    }

    /** The one by TCP, if it has one. */
    public Optional<Route.Tcp> tcp() {
      return routes.stream()
          .filter(Route.Tcp.class::isInstance)
          .map(Route.Tcp.class::cast)
          .findFirst();
    }
  }

  /**
   * What a service asks for and does not get. Immutable.
   *
   * @param what the route, or where it asks for it; printable
   * @param reason one line
   */
  public record Refusal(String what, String reason) {
    @Override
    public String toString() {
      return what + ": " + reason;
    }
  }

  /** One that asks for a route. */
  private record Applicant(String service, long createIndex) {}

  /** What one service asks for. */
  private record Requests(long createIndex, List<RouteRequest> requests, List<Refusal> refusals) {}

  /** Who has each route, by its key. */
  public SortedMap<String, String> owners() {
    SortedMap<String, String> owners = new TreeMap<>();
    services.forEach(
        (service, own) -> own.routes().forEach(route -> owners.put(route.key(), service)));
    return owners;
  }

  /**
   * Decides.
   *
   * @param owners who had each route before, by its key
   * @param instances all registered instances of each service, in whatever health, and those that
   *     are served though they are not registered any more
   * @param rules what is allowed
   * @param bound whether HAProxy listens at a port for something else
   */
  public static RouteTable decide(
      Map<String, String> owners,
      Map<String, ? extends Collection<ServiceInstance>> instances,
      RoutingRules rules,
      IntPredicate bound) {
    SortedMap<String, Requests> all = new TreeMap<>();
    instances.forEach((service, own) -> all.put(service, requests(own, rules)));
    Map<String, List<Applicant>> applicants = new HashMap<>();
    all.forEach(
        (service, own) ->
            own.requests()
                .forEach(
                    request ->
                        request
                            .route()
                            .ifPresent(
                                route ->
                                    applicants
                                        .computeIfAbsent(route.key(), key -> new ArrayList<>(1))
                                        .add(new Applicant(service, own.createIndex())))));
    Map<String, String> winners = new HashMap<>();
    applicants.forEach((key, those) -> winners.put(key, winner(owners.get(key), those)));
    SortedMap<String, ServiceRoutes> decided = new TreeMap<>();
    all.forEach((service, own) -> decided.put(service, routes(service, own, winners, bound)));
    return new RouteTable(decided);
  }

  private static String winner(@Nullable String owner, List<Applicant> applicants) {
    if (owner != null && applicants.stream().anyMatch(one -> one.service().equals(owner))) {
      return owner;
    }
    return applicants.stream()
        .min(Comparator.comparingLong(Applicant::createIndex).thenComparing(Applicant::service))
        .map(Applicant::service)
        .orElseThrow();
  }

  private static Requests requests(Collection<ServiceInstance> instances, RoutingRules rules) {
    List<ServiceInstance> asking =
        instances.stream()
            .filter(one -> RouteRequest.isMadeBy(one, rules))
            .sorted(FIRST_REGISTERED)
            .toList();
    if (asking.isEmpty()) {
      return new Requests(Long.MAX_VALUE, List.of(), List.of());
    }
    ServiceInstance first = asking.get(0);
    List<RouteRequest> requests = RouteRequest.of(first, rules);
    List<ServiceInstance> others =
        asking.stream()
            .skip(1)
            .filter(one -> !isAlike(one, first) && !RouteRequest.of(one, rules).equals(requests))
            .toList();
    List<Refusal> refusals = new ArrayList<>();
    requests.stream()
        .filter(one -> one.route().isEmpty())
        .forEach(one -> refusals.add(new Refusal(one.source(), one.refusal())));
    if (!others.isEmpty()) {
      refusals.add(
          new Refusal(
              "instance '" + PrintableText.of(others.get(0).id()) + "'",
              "%s of the service's instances ask for other routes than '%s' on node '%s', which was registered first and is followed"
                  .formatted(
                      others.size(),
                      PrintableText.of(first.id()),
                      PrintableText.of(first.node()))));
    }
    return new Requests(first.createIndex(), requests, refusals);
  }

  private static boolean isAlike(ServiceInstance one, ServiceInstance other) {
    return one.meta().equals(other.meta()) && one.tags().equals(other.tags());
  }

  private static ServiceRoutes routes(
      String service, Requests own, Map<String, String> winners, IntPredicate bound) {
    List<Route> routes = new ArrayList<>();
    List<Refusal> refusals = new ArrayList<>(own.refusals());
    boolean tcp = false;
    for (RouteRequest request : own.requests()) {
      Route route = request.route().orElse(null);
      if (route == null) {
        continue;
      }
      String winner = String.valueOf(winners.get(route.key()));
      if (!winner.equals(service)) {
        refusals.add(
            new Refusal(
                route.toString(), "service " + winner + " has it, which was registered first"));
      } else if (route instanceof Route.Tcp port && (tcp || bound.test(port.port()))) {
        refusals.add(
            new Refusal(
                route.toString(),
                tcp
                    ? "a service has one port at most"
                    : "the template has HAProxy listen at it for something else"));
      } else {
        tcp |= route instanceof Route.Tcp;
        routes.add(route);
      }
    }
    return new ServiceRoutes(routes, refusals);
  }
}
