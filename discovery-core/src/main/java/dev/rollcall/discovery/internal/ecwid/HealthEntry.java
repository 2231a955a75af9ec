package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.internal.net.Require;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One entry of Consul's answer of a service's instances.
 *
 * @param from where in the answer it begins
 * @param to where it ends
 * @param key what it is called
 * @param instance what it says; null if it cannot be used
 * @param leftOut why it cannot; empty if it can
 */
record HealthEntry(int from, int to, Key key, @Nullable ServiceInstance instance, String leftOut) {

  /**
   * The checks by which Consul keeps an instance or a node in maintenance.
   *
   * @see <a
   *     href="https://developer.hashicorp.com/consul/api-docs/agent/service#enable-maintenance-mode">Enable
   *     maintenance mode</a>
   */
  private static final String NODE_MAINTENANCE = "_node_maintenance";

  private static final String SERVICE_MAINTENANCE = "_service_maintenance:";

  /** The checks that an agent runs and whose output is never empty once they have run. */
  private static final Set<String> PROBES = Set.of("http", "tcp", "udp", "grpc", "h2ping");

  /** An id, which is unique on its node only. */
  record Key(String id, String node) {
    @Override
    public String toString() {
      return "instance " + LenientJson.printable(id) + " on node " + LenientJson.printable(node);
    }
  }

  /**
   * Reads it.
   *
   * @throws JsonParseException if it is no JSON
   */
  static HealthEntry read(Body body, int from, int to) {
    LenientJson entry = new LenientJson(JsonParser.parseString(body.text(from, to)));
    LenientJson node = entry.get("Node");
    LenientJson service = entry.get("Service");
    Key key = new Key(service.text("ID"), node.text("Node"));
    String address = service.text("Address");
    if (address.isEmpty()) {
      address = node.text("Address");
    }
    int port = service.number("Port", 0);
    String wrong = wrong(key, address, service);
    if (wrong != null) {
      return new HealthEntry(from, to, key, null, key + ": " + wrong);
    }
    HealthStatus status = status(entry.get("Checks"));
    LenientJson weights = service.get("Weights");
    int weight = weights.number(status == HealthStatus.WARNING ? "Warning" : "Passing", 1);
    ServiceInstance instance =
        new ServiceInstance(
            key.id(),
            service.text("Service"),
            key.node(),
            address,
            port,
            service.get("Tags").texts(),
            service.get("Meta").pairs(),
            weight >= 0 && weight <= 65_535 ? weight : 1,
            status,
            node.text("Datacenter"));
    return new HealthEntry(from, to, key, instance, "");
  }

  /**
   * Why nobody could reach it, or name it.
   *
   * @see <a
   *     href="https://developer.hashicorp.com/consul/api-docs/agent/service#register-service">Register
   *     service, on Address, Port and SocketPath</a>
   */
  private static @Nullable String wrong(Key key, String address, LenientJson service) {
    if (key.id().isEmpty() || Require.hasControl(key.id()) || Require.hasControl(key.node())) {
      return "its id or node is empty or has control characters";
    }
    String socket = service.text("SocketPath");
    if (!socket.isEmpty()) {
      return "it listens on the socket \""
          + LenientJson.printable(socket)
          + "\", which has no port";
    }
    if (address.isBlank()) {
      return "it has no address, and its node has none";
    }
    if (!Require.isAddress(address)) {
      return "its address \""
          + LenientJson.printable(address)
          + "\" is neither an IP address nor a host name";
    }
    int port = service.number("Port", 0);
    if (port == 0) {
      return "it has no port";
    }
    return port < 1 || port > 65_535 ? "its port " + port + " is not between 1 and 65535" : null;
  }

  private static HealthStatus status(LenientJson checks) {
    HealthStatus worst = HealthStatus.PASSING;
    for (LenientJson check : checks.list()) {
      HealthStatus status =
          switch (check.text("Status")) {
            case "passing" -> HealthStatus.PASSING;
            case "warning" -> HealthStatus.WARNING;
            default -> critical(check);
          };
      worst = status.compareTo(worst) > 0 ? status : worst;
    }
    return worst;
  }

  private static HealthStatus critical(LenientJson check) {
    String id = check.text("CheckID");
    if (id.equals(NODE_MAINTENANCE) || id.startsWith(SERVICE_MAINTENANCE)) {
      return HealthStatus.MAINTENANCE;
    }
    return PROBES.contains(check.text("Type")) && check.text("Output").isEmpty()
        ? HealthStatus.UNCHECKED
        : HealthStatus.CRITICAL;
  }

  /** Whether another answer says the same there. An object, unlike a number, says where it ends. */
  boolean isRepeated(Body other, int place, Body mine) {
    return mine.at(from) == '{' && other.repeats(place, mine, from, to);
  }

  int length() {
    return to - from;
  }

  /** The same entry where another answer has it. */
  HealthEntry at(int place) {
    return place == from ? this : new HealthEntry(place, place + length(), key, instance, leftOut);
  }
}
