package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import com.ecwid.consul.v1.ConsulRawClient;
import com.google.gson.JsonParser;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.AgentService;
import dev.rollcall.discovery.internal.api.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's HTTP API. Requests are raw ones, as consul-api's beans know neither weights nor
 * {@code replace-existing-checks}. Each call is bounded as a whole, its connecting included.
 * Thread-safe.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/agent/service">Consul's agent
 *     API</a>
 */
final class EcwidAgent implements AgentApi {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final ConsulRawClient raw;
  private final ServiceAddress address;
  private final Duration callTimeout;
  private volatile String doubted = "";

  /**
   * The agent's API.
   *
   * @param callTimeout how long one call may take
   */
  EcwidAgent(ConsulRawClient raw, ServiceAddress address, Duration callTimeout) {
    this.raw = raw;
    this.address = address;
    this.callTimeout = callTimeout;
  }

  @Override
  public Result<Done> register(AgentServiceRegistration service, HealthStatus atFirst) {
    // Without the parameter, checks of an earlier life under the same id would stay, of which
    // maintenance is one.
    return put(
        service, Optional.of(atFirst), new SingleUrlParameters("replace-existing-checks", "true"));
  }

  @Override
  public Result<Done> update(AgentServiceRegistration service) {
    // Maintenance is a check of the agent's own, which the parameter would take away.
    return put(service, Optional.empty());
  }

  private Result<Done> put(
      AgentServiceRegistration service,
      Optional<HealthStatus> atFirst,
      UrlParameters... parameters) {
    ServiceDefinition definition = service.service();
    Optional<String> known;
    try {
      known = address.of(definition);
    } catch (IOException | IllegalArgumentException e) {
      return Result.unsent(ConsulFailure.Kind.UNAVAILABLE, "register: " + e.getMessage());
    }
    Result<Done> answer =
        put(
            "register",
            "/v1/agent/service/register",
            RegistrationJson.of(service, known, address.port(definition), atFirst),
            parameters);
    if (answer instanceof Result.Ok<Done> && known.isEmpty()) {
      doubtAgentsAddress(service.id());
    }
    return answer;
  }

  /**
   * Where a service has no address Consul gives its agent's, which is right if the agent is on this
   * machine and says where others reach that. Says so if it does not look like it. Who may not read
   * what the agent says of itself is not told.
   */
  private void doubtAgentsAddress(String id) {
    Result<String> answer =
        Deadline.within(
            callTimeout,
            () ->
                ApiCall.make(
                    "self",
                    () -> raw.makeGetRequest("/v1/agent/self"),
                    response ->
                        new LenientJson(JsonParser.parseString(response.getContent()))
                            .get("Member")
                            .text("Addr")));
    if (answer instanceof Result.Ok<String> ok) {
      String given = ok.value();
      if (!given.isEmpty() && !given.equals(doubted) && !address.isOwn(given)) {
        log.warn(
            "{} is listed at its agent's address {}, which is none of this machine's: if others do"
                + " not reach it there, set SERVICE_ADDRESS or SERVICE_NETWORK",
            id,
            given);
        doubted = given;
      }
    }
  }

  @Override
  public Result<Done> beginMaintenance(String id, String reason) {
    return put(
        "begin maintenance",
        "/v1/agent/service/maintenance/" + id,
        "",
        new SingleUrlParameters("enable", "true"),
        new SingleUrlParameters("reason", reason));
  }

  @Override
  public Result<Done> changeMaintenance(String id, String reason) {
    return put(
        "change maintenance", "/v1/agent/check/register", RegistrationJson.maintenance(id, reason));
  }

  @Override
  public Result<Done> endMaintenance(String id) {
    return put(
        "end maintenance",
        "/v1/agent/service/maintenance/" + id,
        "",
        new SingleUrlParameters("enable", "false"));
  }

  @Override
  public Result<Done> heartbeat(String id) {
    // No note: the check's output never changes, so no watcher anywhere wakes for a heartbeat.
    return put("heartbeat", "/v1/agent/check/pass/" + CheckId.heartbeat(id), "");
  }

  @Override
  public Result<AgentService> find(AgentServiceRegistration service) {
    return find(service.id(), callTimeout, held -> wanted(service.service(), held));
  }

  private Result<AgentService> find(String id, Duration within, UnaryOperator<String> wanted) {
    return Deadline.within(
        within,
        () ->
            ApiCall.make(
                "look",
                () -> raw.makeGetRequest("/v1/agent/health/service/id/" + id),
                AgentServiceJson::isOne,
                response -> AgentServiceJson.read(response.getContent(), wanted)));
  }

  /** Where others would be sent if it were registered now, in the words of what is held. */
  private String wanted(ServiceDefinition definition, String held) {
    try {
      return AgentServiceJson.endpoint(address.of(definition).orElse(""), address.port(definition));
    } catch (IOException e) {
      // It can't be found out now: nothing says that it has changed.
      return held;
    } catch (IllegalArgumentException e) {
      // The one that is held is gone. The registration says why there is no other.
      return "";
    }
  }

  @Override
  public Result<Done> deregister(String id, String owner, Duration within) {
    Duration most = within.compareTo(callTimeout) < 0 ? within : callTimeout;
    // Both within the same bound: nothing is sent when time is up, as the id may be another's then.
    return Deadline.within(
        most,
        () -> {
          Result<AgentService> held = find(id, most, endpoint -> endpoint);
          if (held instanceof Result.Ok<AgentService> ok
              && !ok.value().owner().orElse(owner).equals(owner)) {
            return Result.done();
          }
          if (held instanceof Result.Failed<AgentService> failed
              && failed.failure().kind() != ConsulFailure.Kind.REJECTED
              && failed.failure().kind() != ConsulFailure.Kind.FORBIDDEN) {
            return new Result.Failed<>(failed.failure(), failed.mayHaveArrived());
          }
          return ApiCall.make(
              "deregister",
              () -> raw.makePutRequest("/v1/agent/service/deregister/" + id, ""),
              response -> Done.DONE);
        });
  }

  private Result<Done> put(String what, String path, String body, UrlParameters... parameters) {
    return Deadline.within(
        callTimeout,
        () ->
            ApiCall.make(
                what, () -> raw.makePutRequest(path, body, parameters), response -> Done.DONE));
  }
}
