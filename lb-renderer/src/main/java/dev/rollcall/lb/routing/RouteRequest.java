package dev.rollcall.lb.routing;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.routing.RoutingRules.TagSyntax;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A route that an instance asks for, in its metadata or in a tag. Immutable.
 *
 * @param source where it asks: a metadata key or a tag, printable
 * @param route the route; empty if it is refused
 * @param refusal why; empty if it is not
 */
record RouteRequest(String source, Optional<Route> route, String refusal) {
  /** As many as one service may ask for; those beyond are refused together. */
  static final int MOST = 32;

  static final String MODE = "lb-mode";
  static final String HOST = "lb-host";
  static final String PATH = "lb-path";
  static final String PORT = "lb-port";

  private static final int HIGHEST_PORT = 65_535;

  static RouteRequest of(String source, Route route) {
    return new RouteRequest(source, Optional.of(route), "");
  }

  static RouteRequest refused(String source, String why) {
    return new RouteRequest(source, Optional.empty(), why);
  }

  /** Whether an instance asks for anything, be it wrong. */
  static boolean isMadeBy(ServiceInstance instance, RoutingRules rules) {
    return List.of(MODE, HOST, PATH, PORT).stream().anyMatch(instance.meta()::containsKey)
        || instance.tags().stream()
            .anyMatch(
                tag ->
                    (rules.tags().contains(TagSyntax.FABIO) && FabioTag.isOne(tag))
                        || (rules.tags().contains(TagSyntax.TRAEFIK) && TraefikTags.isRule(tag)));
  }

  /** All that an instance asks for, each route once. */
  static List<RouteRequest> of(ServiceInstance instance, RoutingRules rules) {
    List<RouteRequest> all = new ArrayList<>(ofMetadata(instance.meta(), rules));
    if (rules.tags().contains(TagSyntax.FABIO)) {
      instance.tags().stream()
          .filter(FabioTag::isOne)
          .limit(MOST + 1L)
          .forEach(tag -> all.add(FabioTag.read(tag, rules)));
    }
    if (rules.tags().contains(TagSyntax.TRAEFIK)) {
      all.addAll(TraefikTags.read(instance.tags(), rules));
    }
    Map<Object, RouteRequest> once = new LinkedHashMap<>();
    for (RouteRequest one : all) {
      once.putIfAbsent(one.route().map(Route::key).orElse(one.source() + one.refusal()), one);
    }
    return bounded(List.copyOf(once.values()));
  }

  private static List<RouteRequest> bounded(List<RouteRequest> all) {
    if (all.size() <= MOST) {
      return all;
    }
    List<RouteRequest> kept = new ArrayList<>(all.subList(0, MOST));
    kept.add(
        refused(
            "what follows",
            "it asks for more than " + MOST + " routes: those beyond are not followed"));
    return List.copyOf(kept);
  }

  private static List<RouteRequest> ofMetadata(Map<String, String> meta, RoutingRules rules) {
    String mode = meta.get(MODE);
    String port = meta.get(PORT);
    if (mode == null || mode.equals("http")) {
      List<RouteRequest> all = http(meta.get(HOST), meta.get(PATH), mode != null, rules);
      if (port != null) {
        all.add(refused(PORT, "a port needs lb-mode tcp"));
      }
      return all;
    }
    if (!mode.equals("tcp")) {
      return List.of(refused(MODE, "'" + PrintableText.of(mode) + "' is neither http nor tcp"));
    }
    List<RouteRequest> all = new ArrayList<>();
    all.add(port == null ? refused(PORT, "lb-mode tcp needs a port") : tcp(PORT, port, rules));
    for (String key : List.of(HOST, PATH)) {
      if (meta.containsKey(key)) {
        all.add(refused(key, "it means nothing with lb-mode tcp"));
      }
    }
    return all;
  }

  private static List<RouteRequest> http(
      @Nullable String hosts, @Nullable String path, boolean wanted, RoutingRules rules) {
    List<RouteRequest> all = new ArrayList<>();
    if (hosts != null) {
      for (String host : hosts.split(",", MOST + 2)) {
        all.add(http(HOST, host.strip(), path == null ? "/" : path, rules));
      }
    } else if (path != null || wanted) {
      all.add(refused(HOST, "it asks for HTTP and names no host"));
    }
    return all;
  }

  /** A route by HTTP, if the rules allow it. */
  static RouteRequest http(String source, String host, String path, RoutingRules rules) {
    Optional<String> goodHost = Route.Http.host(host);
    if (goodHost.isEmpty()) {
      return refused(
          source, "host '" + PrintableText.of(host) + "' is not " + Route.Http.HOST_RULE);
    }
    Optional<String> goodPath = Route.Http.path(path);
    if (goodPath.isEmpty()) {
      return refused(
          source, "path '" + PrintableText.of(path) + "' is not " + Route.Http.PATH_RULE);
    }
    if (!rules.allowsHost(goodHost.get())) {
      return refused(
          source,
          goodHost.get().equals(Route.Http.ANY_HOST)
              ? "a route for every host is not allowed: --allow-host * would"
              : "host '" + goodHost.get() + "' is not among those of --allow-host");
    }
    return of(source, new Route.Http(goodHost.get(), goodPath.get()));
  }

  /** A route by TCP, if the rules allow it. */
  static RouteRequest tcp(String source, String port, RoutingRules rules) {
    int number = port.matches("[1-9][0-9]{0,4}") ? Integer.parseInt(port) : 0;
    if (number < 1 || number > HIGHEST_PORT) {
      return refused(
          source, "port '" + PrintableText.of(port) + "' is not a number from 1 to 65535");
    }
    return rules.allowsPort(number)
        ? of(source, new Route.Tcp(number))
        : refused(source, "port " + number + " is not among those of --allow-port");
  }
}
