package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import com.ecwid.consul.v1.ConsulRawClient;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.Agent;
import dev.rollcall.discovery.internal.Answer;
import dev.rollcall.discovery.internal.Answer.Done;
import java.io.IOException;
import java.util.Optional;

/**
 * The agent's HTTP API. Requests are raw ones, as consul-api's beans know neither weights nor
 * {@code replace-existing-checks}.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/agent/service">Consul's agent
 *     API</a>
 */
final class EcwidAgent implements Agent {

  private final ConsulRawClient raw;
  private final ServiceAddress address;

  EcwidAgent(ConsulRawClient raw, ServiceAddress address) {
    this.raw = raw;
    this.address = address;
  }

  @Override
  public Answer<Done> register(ServiceDefinition definition, HealthStatus atFirst) {
    // Without the parameter, checks of an earlier life under the same id would stay, of which
    // maintenance is one.
    return put(
        definition,
        Optional.of(atFirst),
        new SingleUrlParameters("replace-existing-checks", "true"));
  }

  @Override
  public Answer<Done> update(ServiceDefinition definition) {
    // Maintenance is a check of the agent's own, which the parameter would take away.
    return put(definition, Optional.empty());
  }

  private Answer<Done> put(
      ServiceDefinition definition, Optional<HealthStatus> atFirst, UrlParameters... parameters) {
    Optional<String> known;
    try {
      known = address.of(definition);
    } catch (IOException | IllegalArgumentException e) {
      return Answer.unsent(ConsulFailure.Kind.UNAVAILABLE, "register: " + e.getMessage());
    }
    return put(
        "register",
        "/v1/agent/service/register",
        RegistrationJson.of(definition, known, atFirst),
        parameters);
  }

  @Override
  public Answer<Done> beginMaintenance(String id, String reason) {
    return put(
        "begin maintenance",
        "/v1/agent/service/maintenance/" + id,
        "",
        new SingleUrlParameters("enable", "true"),
        new SingleUrlParameters("reason", reason));
  }

  @Override
  public Answer<Done> endMaintenance(String id) {
    return put(
        "end maintenance",
        "/v1/agent/service/maintenance/" + id,
        "",
        new SingleUrlParameters("enable", "false"));
  }

  @Override
  public Answer<Done> beat(String id) {
    // No note: the check's output never changes, so no watcher anywhere wakes for a heartbeat.
    return put("heartbeat", "/v1/agent/check/pass/" + RegistrationJson.checkId(id), "");
  }

  @Override
  public Answer<HealthStatus> health(String id) {
    return Call.make(
        "health",
        () -> raw.makeGetRequest("/v1/agent/health/service/id/" + id),
        AgentHealthJson::isOne,
        response -> AgentHealthJson.read(response.getContent()));
  }

  @Override
  public Answer<Done> deregister(String id) {
    return put("deregister", "/v1/agent/service/deregister/" + id, "");
  }

  private Answer<Done> put(String what, String path, String body, UrlParameters... parameters) {
    return Call.make(what, () -> raw.makePutRequest(path, body, parameters), response -> Done.DONE);
  }
}
