package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
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

  /** With the health in which its heartbeat begins; without one that stays as it is. */
  static String of(
      ServiceDefinition definition, Optional<String> address, Optional<HealthStatus> atFirst) {
    JsonObject json = new JsonObject();
    json.addProperty("ID", definition.id());
    json.addProperty("Name", definition.name());
    address.ifPresent(known -> json.addProperty("Address", known));
    json.addProperty("Port", definition.port());
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
    json.add("Checks", new ChecksJson(definition, address, atFirst).checks());
    return json.toString();
  }

  /** The id of a service's heartbeat check. */
  static String checkId(String id) {
    return "service:" + id;
  }
}
