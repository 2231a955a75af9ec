package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentServiceRegistration;
import java.util.Optional;

/**
 * A service definition in the words of Consul's agent.
 *
 * @see <a
 *     href="https://developer.hashicorp.com/consul/api-docs/agent/service#register-service">Register
 *     service</a>
 */
final class RegistrationJson {

  private RegistrationJson() {}

  /**
   * With the health in which its heartbeat begins; without one that stays as it is.
   *
   * @param address where others reach it; empty for the agent's own
   * @param port where others reach it
   */
  static String of(
      AgentServiceRegistration service,
      Optional<String> address,
      int port,
      Optional<HealthStatus> atFirst) {
    ServiceDefinition definition = service.service();
    JsonObject json = new JsonObject();
    json.addProperty("ID", definition.id());
    json.addProperty("Name", definition.name());
    address.ifPresent(known -> json.addProperty("Address", known));
    json.addProperty("Port", port);
    JsonArray tags = new JsonArray();
    definition.tags().forEach(tags::add);
    json.add("Tags", tags);
    JsonObject meta = new JsonObject();
    definition.meta().forEach(meta::addProperty);
    json.add("Meta", meta);
    JsonObject weights = new JsonObject();
    weights.addProperty("Passing", definition.weight());
    weights.addProperty("Warning", definition.warningWeight());
    json.add("Weights", weights);
    json.add("Checks", new ChecksJson(service, address, port, atFirst).checks());
    return json.toString();
  }

  /**
   * The check by which a service is in maintenance, with another reason. It takes the place of the
   * agent's own, which ends with the maintenance as ever: to end it and begin anew would show the
   * service to all for a moment. Of the kinds of check that can be registered only one with a time
   * to live does nothing by itself; it is critical already.
   */
  static String maintenance(String id, String reason) {
    JsonObject json = new JsonObject();
    json.addProperty("ID", CheckId.maintenance(id));
    json.addProperty("Name", "Service Maintenance Mode");
    json.addProperty("Notes", reason);
    json.addProperty("ServiceID", id);
    json.addProperty("TTL", "24h");
    json.addProperty("Status", "critical");
    return json.toString();
  }
}
