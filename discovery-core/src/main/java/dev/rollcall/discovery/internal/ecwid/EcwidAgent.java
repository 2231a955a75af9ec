package dev.rollcall.discovery.internal.ecwid;

import com.ecwid.consul.SingleUrlParameters;
import com.ecwid.consul.UrlParameters;
import com.google.gson.JsonParseException;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.AgentApi.AgentService;
import dev.rollcall.discovery.internal.api.AgentApi.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.net.AdvertisedEndpoint;
import dev.rollcall.discovery.internal.net.AgentAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's HTTP API. Requests are raw ones, as consul-api's beans know neither weights nor
 * {@code replace-existing-checks}. Thread-safe.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/agent/service">Consul's agent
 *     API</a>
 */
final class EcwidAgent implements AgentApi {

  private static final Logger log = LoggerFactory.getLogger(EcwidAgent.class);

  /** A service that the agent does not hold is critical too: there only the status tells. */
  private static final Set<Integer> HELD = Set.of(200, 429, 503);

  /** The notes of this library's checks, which Consul keeps, shows to people, and ignores. */
  private static final Pattern NOTES =
      Pattern.compile("registered by ([0-9a-f]{1,64})(, leaving)?");

  private final ConsulHttpClient http;
  private final AdvertisedEndpoint endpoint;
  private final AgentAddress agent;
  private final Duration callTimeout;
  private volatile String doubted = "";

  /**
   * The API of the agent at an address.
   *
   * @param callTimeout how long one call may take in all
   */
  EcwidAgent(
      ConsulHttpClient http,
      AdvertisedEndpoint endpoint,
      AgentAddress agent,
      Duration callTimeout) {
    this.http = http;
    this.endpoint = endpoint;
    this.agent = agent;
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
    Optional<String> address;
    try {
      address = endpoint.address(definition.address(), agent);
    } catch (IOException | IllegalArgumentException e) {
      return Result.unsent(Kind.UNAVAILABLE, "register: " + e.getMessage());
    }
    RegistrationJson json =
        new RegistrationJson(
            definition,
            service.owner(),
            service.leaving(),
            address,
            endpoint.port(definition.port()),
            atFirst);
    Result<Done> result =
        put("register", "/v1/agent/service/register", json.registration(), parameters);
    if (result instanceof Result.Ok<Done> && address.isEmpty()) {
      warnOfAgentsAddress(service.id());
    }
    return result;
  }

  /**
   * Where a service has no address Consul gives its agent's, which is right if the agent is on this
   * machine and says where others reach that. Says so if it does not look like it. Who may not read
   * what the agent says of itself is not told.
   */
  private void warnOfAgentsAddress(String id) {
    Result<String> result =
        get("/v1/agent/self", callTimeout)
            .toResult("self", self -> LenientJson.parse(self.text()).get("Member").text("Addr"));
    if (result instanceof Result.Ok<String> ok) {
      String given = ok.value();
      if (!given.isEmpty() && !given.equals(doubted) && !endpoint.isLocal(given)) {
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
  public Result<Done> heartbeat(String id, HealthReport report) {
    String path =
        switch (report.status()) {
          case PASSING -> "/v1/agent/check/pass/";
          case WARNING -> "/v1/agent/check/warn/";
          default -> "/v1/agent/check/fail/";
        };
    // No note while it passes: the check's output never changes then, so no watcher anywhere wakes
    // for a heartbeat.
    return put(
        "heartbeat",
        path + RegistrationJson.heartbeatId(id),
        "",
        report.output().isEmpty()
            ? new UrlParameters[0]
            : new UrlParameters[] {new SingleUrlParameters("note", report.output())});
  }

  @Override
  public Result<AgentService> find(AgentServiceRegistration service) {
    return find(service.id(), callTimeout, held -> wanted(service.service(), held));
  }

  private Result<AgentService> find(String id, Duration within, UnaryOperator<String> wanted) {
    ConsulResponse response = get("/v1/agent/health/service/id/" + id, within);
    LenientJson answer = json(response.text());
    String status = answer.text("AggregatedStatus");
    return response.toResult(
        "look",
        // The agent says the health by its status too, 429 for warning and 503 for critical, which
        // may as well mean that the agent or a proxy before it is overloaded: both together tell.
        each -> HELD.contains(each.status()) && !status.isEmpty(),
        each -> read(answer, status, wanted));
  }

  /** What is no JSON holds nothing. */
  private static LenientJson json(String content) {
    try {
      return LenientJson.parse(content);
    } catch (JsonParseException e) {
      return LenientJson.ABSENT;
    }
  }

  /**
   * Reads what the agent holds under the id of a service.
   *
   * @param desired gives the endpoint that would be registered now, told the one that is
   * @see <a
   *     href="https://developer.hashicorp.com/consul/api-docs/agent/service#get-local-service-health-by-id">Get
   *     local service health by id</a>
   */
  private static AgentService read(
      LenientJson answer, String health, UnaryOperator<String> desired) {
    LenientJson service = answer.get("Service");
    String endpoint =
        AgentAddress.endpoint(service.text("Address"), InstancesQuery.defaultPort(service));
    Optional<Matcher> notes =
        answer.get("Checks").list().stream()
            .map(check -> NOTES.matcher(check.text("Notes")))
            .filter(Matcher::matches)
            .findFirst();
    HealthStatus status =
        switch (health) {
          case "passing" -> HealthStatus.PASSING;
          case "warning" -> HealthStatus.WARNING;
          case "maintenance" -> HealthStatus.MAINTENANCE;
          default -> HealthStatus.CRITICAL;
        };
    return new AgentService(
        status,
        notes.map(own -> own.group(1)),
        notes.filter(own -> own.group(2) != null).isPresent(),
        endpoint,
        desired.apply(endpoint));
  }

  /** Where others would be sent if it were registered now, in the words of what is held. */
  private String wanted(ServiceDefinition definition, String held) {
    try {
      return AgentAddress.endpoint(
          endpoint.address(definition.address(), agent).orElse(""),
          endpoint.port(definition.port()));
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
    long began = Clock.system().nanoTime();
    Result<AgentService> held = find(id, most, endpoint -> endpoint);
    if (held instanceof Result.Ok<AgentService> ok
        && !ok.value().owner().orElse(owner).equals(owner)) {
      return Result.done();
    }
    if (held instanceof Result.Failed<AgentService> failed
        && failed.failure().kind() != Kind.REJECTED
        && failed.failure().kind() != Kind.FORBIDDEN) {
      return new Result.Failed<>(failed.failure(), failed.mayHaveArrived());
    }
    // Both within the same bound: nothing is sent when time is up, as the id may be another's then.
    Duration left = most.minus(Clock.system().since(began));
    return left.toMillis() <= 0
        ? Result.unsent(Kind.UNAVAILABLE, "deregister: not over within " + most.toMillis() + " ms")
        : http.exchange(left, left)
            .put("/v1/agent/service/deregister/" + id, "")
            .toResult("deregister", done -> Done.DONE);
  }

  private ConsulResponse get(String path, Duration within) {
    return http.exchange(within, within).get(path, List.of());
  }

  private Result<Done> put(String what, String path, String body, UrlParameters... parameters) {
    return http.exchange(callTimeout, callTimeout)
        .put(path, body, parameters)
        .toResult(what, done -> Done.DONE);
  }
}
