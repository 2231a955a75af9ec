package dev.rollcall.lb.template;

import dev.rollcall.lb.routing.Route;
import dev.rollcall.lb.routing.RouteTable.ServiceRoutes;
import java.util.List;

/**
 * One service inside <code>{{#services}}</code>. All that it writes was checked when it was
 * selected, and when its routes were decided. Immutable but for the instances.
 *
 * @param service its name
 * @param routes where it is reached
 * @param instances those that are served
 * @param remembering whether what is written of an instance depends on nothing but that instance
 */
record ServiceContext(
    String service, ServiceRoutes routes, List<InstanceContext> instances, boolean remembering)
    implements MustacheContext {
  /** All selected services. */
  static final String SERVICES = "services";

  static final String NAME = "service";
  static final String INSTANCES = "instances";
  static final String ROUTES = "routes";
  static final String HTTP = "http";
  static final String TCP = "tcp";
  static final String LISTEN_PORT = "listen-port";
  static final String OPTION = "option.";

  @Override
  public Object get(String name) {
    return switch (name) {
      case NAME -> Value.trusted(service);
      case INSTANCES -> section(instances, remembering);
      case ROUTES -> routes.http().stream().map(RouteContext::new).toList();
      case HTTP -> !routes.http().isEmpty();
      case TCP -> routes.tcp().isPresent();
      case LISTEN_PORT ->
          Value.trusted(routes.tcp().map(route -> Integer.toString(route.port())).orElse(null));
      default ->
          name.startsWith(OPTION)
              ? Value.trusted(
                  ServiceOption.byName(name.substring(OPTION.length()))
                      .flatMap(option -> option.mostRequested(instances))
                      .orElse(null))
              : UNKNOWN;
    };
  }

  /**
   * What a section of instances ranges over.
   *
   * @param remembering whether it remembers what it writes
   */
  static Object section(List<InstanceContext> pool, boolean remembering) {
    return remembering && !pool.isEmpty() ? new InstanceContext.Section(pool) : pool;
  }

  /** One route inside <code>{{#routes}}</code>. Immutable. */
  private record RouteContext(Route.Http route) implements MustacheContext {
    @Override
    public Object get(String name) {
      return switch (name) {
        case "host" -> Value.trusted(route.host());
        case "path" -> Value.trusted(route.path());
        case "key" -> Value.trusted(route.key());
        default -> UNKNOWN;
      };
    }
  }
}
