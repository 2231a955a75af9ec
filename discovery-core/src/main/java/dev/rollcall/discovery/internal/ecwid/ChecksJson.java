package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.rollcall.discovery.CheckSchedule;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentServiceRegistration;
import java.util.Locale;
import java.util.Optional;

/**
 * A service's checks in the words of Consul's agent. A probe has no status at first, so it is
 * critical until it has passed once; a heartbeat has what is said. Their ids are said, so that they
 * don't depend on how many there are.
 *
 * @see <a href="https://developer.hashicorp.com/consul/docs/reference/service/health-check">Health
 *     check configuration reference</a>
 */
final class ChecksJson {

  private final ServiceDefinition definition;
  private final String notes;
  private final String own;
  private final Optional<HealthStatus> atFirst;
  private int probes;

  /** For a service at an address and port; without an address it is on the agent's machine. */
  ChecksJson(
      AgentServiceRegistration service,
      Optional<String> address,
      int port,
      Optional<HealthStatus> atFirst) {
    definition = service.service();
    notes = CheckNotes.of(service).text();
    this.atFirst = atFirst;
    own = address.map(ChecksJson::bracketed).orElse("127.0.0.1") + ":" + port;
  }

  private static String bracketed(String address) {
    return address.contains(":") ? "[" + address + "]" : address;
  }

  JsonArray checks() {
    JsonArray checks = new JsonArray();
    definition.checks().forEach(check -> checks.add(json(check)));
    return checks;
  }

  private JsonObject json(HealthCheck check) {
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
    json.addProperty("CheckID", CheckId.heartbeat(definition.id()));
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
      http.headers()
          .forEach(
              (name, value) -> {
                JsonArray values = new JsonArray();
                values.add(value);
                headers.add(name, values);
              });
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
    json.addProperty("CheckID", CheckId.probe(definition.id(), ++probes));
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
