package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.rollcall.discovery.CheckSchedule;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.net.AgentAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A service in terms of Consul's agent API. A probe has no status at first, so it is critical until
 * it has passed once; a heartbeat has what is said.
 *
 * <p>An agent has one set of check ids for all its services: two checks of one id are one check.
 * They are said here, so that they don't depend on how many there are. No two services' checks have
 * the same, as no service's id has a slash, and those that Consul makes up itself begin with {@code
 * service:}.
 *
 * @see <a
 *     href="https://developer.hashicorp.com/consul/api-docs/agent/service#register-service">Register
 *     service</a>
 * @see <a href="https://developer.hashicorp.com/consul/docs/reference/service/health-check">Health
 *     check configuration reference</a>
 */
final class RegistrationJson {

  private static final Gson GSON = new Gson();

  private final ServiceDefinition definition;
  private final String notes;
  private final Optional<String> address;
  private final int port;
  private final String own;
  private final Optional<HealthStatus> atFirst;
  private int probes;

  /**
   * A service to register.
   *
   * @param owner tells one registration from another
   * @param leaving whether the owner is about to remove it
   * @param address where others reach it; empty for the agent's own, on whose machine it is then
   * @param port where others reach it
   * @param atFirst the health in which its heartbeat begins; without one that stays as it is
   */
  RegistrationJson(
      ServiceDefinition definition,
      String owner,
      boolean leaving,
      Optional<String> address,
      int port,
      Optional<HealthStatus> atFirst) {
    this.definition = definition;
    this.address = address;
    this.port = port;
    this.atFirst = atFirst;
    notes = "registered by " + owner + (leaving ? ", leaving" : "");
    own = AgentAddress.endpoint(address.orElse("127.0.0.1"), port);
  }

  /** The body of the request that registers it. */
  String registration() {
    JsonObject json = new JsonObject();
    json.addProperty("ID", definition.id());
    json.addProperty("Name", definition.name());
    address.ifPresent(known -> json.addProperty("Address", known));
    if (definition.ports().isEmpty()) {
      json.addProperty("Port", port);
    } else {
      json.add("Ports", ports());
    }
    json.add("Tags", GSON.toJsonTree(definition.tags()));
    json.add("Meta", GSON.toJsonTree(definition.meta()));
    JsonObject weights = new JsonObject();
    weights.addProperty("Passing", definition.weight());
    weights.addProperty("Warning", definition.warningWeight());
    json.add("Weights", weights);
    JsonArray checks = new JsonArray();
    definition.checks().forEach(check -> checks.add(check(check)));
    json.add("Checks", checks);
    return json.toString();
  }

  /** The default one is where others reach it, which may be another one than it knows. */
  private JsonArray ports() {
    JsonArray ports = new JsonArray();
    definition
        .ports()
        .forEach(
            (name, number) -> {
              boolean byDefault = number == definition.port();
              JsonObject json = new JsonObject();
              json.addProperty("Name", name);
              json.addProperty("Port", byDefault ? port : number);
              json.addProperty("Default", byDefault);
              ports.add(json);
            });
    return ports;
  }

  /** The check id of a service's heartbeat. */
  static String heartbeatId(String service) {
    return "rollcall:" + service;
  }

  /**
   * The check by which a service is in maintenance, with another reason. It takes the place of the
   * agent's own, which ends with the maintenance as ever: to end it and begin anew would show the
   * service to all for a moment. Of the kinds of check that can be registered only one with a time
   * to live does nothing by itself; it is critical already.
   */
  static String maintenance(String id, String reason) {
    JsonObject json = new JsonObject();
    json.addProperty("ID", "_service_maintenance:" + id);
    json.addProperty("Name", "Service Maintenance Mode");
    json.addProperty("Notes", reason);
    json.addProperty("ServiceID", id);
    json.addProperty("TTL", "24h");
    json.addProperty("Status", "critical");
    return json.toString();
  }

  private JsonObject check(HealthCheck check) {
    if (check instanceof HealthCheck.Http http) {
      return http(http);
    }
    if (check instanceof HealthCheck.Tcp tcp) {
      JsonObject json = probe("TCP", tcp.schedule());
      json.addProperty("TCP", tcp.target().orElse(own));
      return json;
    }
    return check instanceof HealthCheck.Grpc grpc ? grpc(grpc) : ttl((HealthCheck.Ttl) check);
  }

  private JsonObject ttl(HealthCheck.Ttl ttl) {
    JsonObject json = new JsonObject();
    json.addProperty("CheckID", heartbeatId(definition.id()));
    json.addProperty("Name", "heartbeat");
    json.addProperty("Notes", notes);
    json.addProperty("TTL", ttl.ttl().toMillis() + "ms");
    atFirst.ifPresent(status -> json.addProperty("Status", status.name().toLowerCase(Locale.ROOT)));
    json.addProperty("DeregisterCriticalServiceAfter", ttl.deregisterAfter().toSeconds() + "s");
    return json;
  }

  private JsonObject http(HealthCheck.Http http) {
    JsonObject json = probe(http.tls() ? "HTTPS" : "HTTP", http.schedule());
    String scheme = http.tls() ? "https://" : "http://";
    json.addProperty(
        "HTTP", http.target().startsWith("/") ? scheme + own + http.target() : http.target());
    json.addProperty("Method", http.method());
    if (!http.headers().isEmpty()) {
      JsonObject headers = new JsonObject();
      http.headers().forEach((name, value) -> headers.add(name, GSON.toJsonTree(List.of(value))));
      json.add("Header", headers);
    }
    json.addProperty("TLSSkipVerify", http.skipVerify());
    return json;
  }

  private JsonObject grpc(HealthCheck.Grpc grpc) {
    JsonObject json = probe("gRPC", grpc.schedule());
    String target = grpc.target().orElse(own);
    json.addProperty("GRPC", target + grpc.service().map(name -> "/" + name).orElse(""));
    json.addProperty("GRPCUseTLS", grpc.tls());
    json.addProperty("TLSSkipVerify", grpc.skipVerify());
    return json;
  }

  private JsonObject probe(String name, CheckSchedule schedule) {
    JsonObject json = new JsonObject();
    json.addProperty("CheckID", "rollcall:" + definition.id() + "/" + ++probes);
    json.addProperty("Name", name);
    json.addProperty("Notes", notes);
    json.addProperty("Interval", schedule.interval().toMillis() + "ms");
    json.addProperty("Timeout", schedule.timeout().toMillis() + "ms");
    json.addProperty("SuccessBeforePassing", schedule.successesBeforePassing());
    json.addProperty("FailuresBeforeCritical", schedule.failuresBeforeCritical());
    json.addProperty(
        "DeregisterCriticalServiceAfter", schedule.deregisterAfter().toSeconds() + "s");
    return json;
  }
}
