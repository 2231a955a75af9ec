package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.transport.HttpResponse;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.rollcall.discovery.HealthStatus;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the agent says of a service's health. It says it by the status too, 429 for warning
 * and 503 for critical, which may as well mean that the agent or a proxy before it is overloaded:
 * both together tell.
 *
 * @see <a
 *     href="https://developer.hashicorp.com/consul/api-docs/agent/service#get-local-service-health-by-id">Get
 *     local service health by id</a>
 */
final class AgentHealthJson {

  /**
   * A service that it does not hold is critical in the content too: there only the status tells.
   */
  private static final Set<Integer> HELD = Set.of(200, 429, 503);

  private AgentHealthJson() {}

  static boolean isOne(HttpResponse response) {
    boolean held = HELD.contains(response.getStatusCode());
    return held && !status(response.getContent()).isEmpty();
  }

  static HealthStatus read(@Nullable String content) {
    return switch (status(content)) {
      case "passing" -> HealthStatus.PASSING;
      case "warning" -> HealthStatus.WARNING;
      case "maintenance" -> HealthStatus.MAINTENANCE;
      default -> HealthStatus.CRITICAL;
    };
  }

  private static String status(@Nullable String content) {
    try {
      return new Json(JsonParser.parseString(content == null ? "" : content))
          .text("AggregatedStatus");
    } catch (JsonParseException e) {
      return "";
    }
  }
}
