package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.internal.Require;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads Consul's answer of a service's instances. Anybody who may register a service may have
 * written what it holds: an instance that cannot be used is left out, and does not spoil the
 * others.
 */
final class HealthJson {

  /** What an answer holds. */
  record Reading(List<ServiceInstance> instances, List<String> leftOut) {}

  private final List<ServiceInstance> instances = new ArrayList<>();
  private final List<String> leftOut = new ArrayList<>();
  private final Set<List<String>> seen = new HashSet<>();

  private HealthJson() {}

  /**
   * Reads an answer.
   *
   * @throws JsonParseException if it is not a list at all
   */
  static Reading read(@Nullable String content) {
    JsonElement root = JsonParser.parseString(content == null ? "" : content);
    if (!root.isJsonArray()) {
      throw new JsonParseException("a JSON list was expected");
    }
    HealthJson reader = new HealthJson();
    root.getAsJsonArray().forEach(entry -> reader.add(new Json(entry)));
    return new Reading(OneOfEach.of(reader.instances), reader.leftOut);
  }

  private void add(Json entry) {
    Json node = entry.get("Node");
    Json service = entry.get("Service");
    String id = service.text("ID");
    String address = service.text("Address");
    if (address.isEmpty()) {
      address = node.text("Address");
    }
    int port = service.number("Port", 0);
    String wrong = wrong(id, node.text("Node"), address, port);
    if (wrong != null) {
      leftOut.add(
          "instance "
              + Json.printable(id)
              + " on node "
              + Json.printable(node.text("Node"))
              + ": "
              + wrong);
      return;
    }
    HealthStatus status = status(entry.get("Checks"));
    Json weights = service.get("Weights");
    int weight = weights.number(status == HealthStatus.WARNING ? "Warning" : "Passing", 1);
    instances.add(
        new ServiceInstance(
            id,
            service.text("Service"),
            node.text("Node"),
            address,
            port,
            service.get("Tags").texts(),
            service.get("Meta").pairs(),
            weight >= 0 && weight <= 65_535 ? weight : 1,
            status,
            node.text("Datacenter")));
  }

  private @Nullable String wrong(String id, String node, String address, int port) {
    if (id.isEmpty() || Require.hasControl(id) || Require.hasControl(node)) {
      return "its id or node is empty or has control characters";
    }
    if (!Require.isAddress(address)) {
      return "its address \"" + Json.printable(address) + "\" is none";
    }
    if (port < 1 || port > 65_535) {
      return "its port " + port + " is none";
    }
    return seen.add(List.of(id, node)) ? null : "it is there twice";
  }

  private static HealthStatus status(Json checks) {
    HealthStatus worst = HealthStatus.PASSING;
    for (Json check : checks.list()) {
      HealthStatus status =
          switch (check.text("Status")) {
            case "passing" -> HealthStatus.PASSING;
            case "warning" -> HealthStatus.WARNING;
            default -> HealthStatus.CRITICAL;
          };
      worst = status.compareTo(worst) > 0 ? status : worst;
    }
    return worst;
  }
}
