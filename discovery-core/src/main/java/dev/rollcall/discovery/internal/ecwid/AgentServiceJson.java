package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.transport.HttpResponse;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.internal.api.AgentService;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the agent holds under the id of a service. It says its health by the status of the
 * answer too, 429 for warning and 503 for critical, which may as well mean that the agent or a
 * proxy before it is overloaded: both together tell.
 *
 * @see <a
 *     href="https://developer.hashicorp.com/consul/api-docs/agent/service#get-local-service-health-by-id">Get
 *     local service health by id</a>
 */
final class AgentServiceJson {

  /**
   * A service that it does not hold is critical in the content too: there only the status tells.
   */
  private static final Set<Integer> HELD = Set.of(200, 429, 503);

  private AgentServiceJson() {}

  static boolean isOne(HttpResponse response) {
    boolean held = HELD.contains(response.getStatusCode());
    return held && !status(response.getContent()).isEmpty();
  }

  /**
   * Reads it.
   *
   * @param wanted gives the endpoint that would be registered now, told the one that is
   */
  static AgentService read(@Nullable String content, Function<String, String> wanted) {
    LenientJson answer = new LenientJson(JsonParser.parseString(content == null ? "" : content));
    LenientJson service = answer.get("Service");
    String endpoint = endpoint(service.text("Address"), service.number("Port", 0));
    Optional<CheckNotes> own =
        answer.get("Checks").list().stream()
            .flatMap(check -> CheckNotes.read(check.text("Notes")).stream())
            .findFirst();
    HealthStatus status =
        switch (status(content)) {
          case "passing" -> HealthStatus.PASSING;
          case "warning" -> HealthStatus.WARNING;
          case "maintenance" -> HealthStatus.MAINTENANCE;
          default -> HealthStatus.CRITICAL;
        };
    return new AgentService(
        status,
        own.map(CheckNotes::owner),
        own.map(CheckNotes::leaving).orElse(false),
        endpoint,
        wanted.apply(endpoint));
  }

  /** Address and port as one text. */
  static String endpoint(String address, int port) {
    return (address.contains(":") ? "[" + address + "]" : address) + ":" + port;
  }

  private static String status(@Nullable String content) {
    try {
      return new LenientJson(JsonParser.parseString(content == null ? "" : content))
          .text("AggregatedStatus");
    } catch (JsonParseException e) {
      return "";
    }
  }
}
