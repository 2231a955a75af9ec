package dev.rollcall.discovery.internal.registration;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.AgentApi.AgentService;
import dev.rollcall.discovery.internal.api.AgentApi.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the agent a new token as soon as there is one. The agent keeps the token that a service was
 * registered with, and brings the servers' catalog up to date by it: once that token is revoked, no
 * change gets there any more, not even that the service has left. So a heartbeat, or a look, under
 * another token registers the service anew; its health and maintenance stay. A leave does so too,
 * just before the removal, and only if the agent still holds the service: if it can't be known
 * whether that has taken effect, nothing is removed, as it might take effect after that.
 *
 * <p>Thread-safe; calls for one service come one after the other.
 *
 * @see <a href="https://developer.hashicorp.com/consul/docs/security/acl/acl-rules#service-rules">
 *     Consul on tokens of services</a>
 */
public final class TokenRotatingAgent implements AgentApi {

  private static final Logger log = LoggerFactory.getLogger(TokenRotatingAgent.class);

  private final AgentApi agent;
  private final Supplier<Optional<String>> token;
  private final Map<String, RegisteredService> registered = new ConcurrentHashMap<>();

  /** An agent that is spoken with under whatever token the supplier gives at the moment. */
  public TokenRotatingAgent(AgentApi agent, Supplier<Optional<String>> token) {
    this.agent = agent;
    this.token = token;
  }

  @Override
  public Result<Done> register(AgentServiceRegistration service, HealthStatus atFirst) {
    return holding(service, each -> agent.register(each, atFirst));
  }

  @Override
  public Result<Done> update(AgentServiceRegistration service) {
    return holding(service, agent::update);
  }

  private Result<Done> holding(
      AgentServiceRegistration service, Function<AgentServiceRegistration, Result<Done>> call) {
    // Read before the call, which reads it again: what is rotated in between is renewed next time.
    Optional<String> under = token();
    Result<Done> answer = call.apply(service);
    if (answer instanceof Result.Ok<Done>) {
      registered.put(service.id(), new RegisteredService(service, under));
    }
    return answer;
  }

  @Override
  public Result<Done> beginMaintenance(String id, String reason) {
    return agent.beginMaintenance(id, reason);
  }

  @Override
  public Result<Done> changeMaintenance(String id, String reason) {
    return agent.changeMaintenance(id, reason);
  }

  @Override
  public Result<Done> endMaintenance(String id) {
    return agent.endMaintenance(id);
  }

  @Override
  public Result<Done> heartbeat(String id, HealthReport report) {
    return renewedAfter(agent.heartbeat(id, report), id);
  }

  @Override
  public Result<AgentService> find(AgentServiceRegistration service) {
    Result<AgentService> found = agent.find(service);
    // Another's is not ours to put back under our own token.
    boolean own =
        found instanceof Result.Ok<AgentService> ok && ok.value().isOwnedBy(service.owner());
    return own ? renewedAfter(found, service.id()) : found;
  }

  private <T> Result<T> renewedAfter(Result<T> proof, String id) {
    RegisteredService known = registered.get(id);
    // An agent that has forgotten the service says so first: it has no health that could stay.
    if (!(proof instanceof Result.Ok<T>) || known == null || known.token.equals(token())) {
      return proof;
    }
    if (update(known.service) instanceof Result.Failed<Done> failed) {
      return new Result.Failed<>(failed.failure());
    }
    log.info("{} is registered under a new token", id);
    return proof;
  }

  @Override
  public Result<Done> deregister(String id, String owner, Duration within) {
    RegisteredService known = registered.get(id);
    if (known != null
        && !known.token.equals(token())
        && renew(known) instanceof Result.Failed<?> failed) {
      return new Result.Failed<>(failed.failure());
    }
    Result<Done> answer = agent.deregister(id, owner, within);
    if (!mayBeHeldAfter(answer)) {
      registered.remove(id);
    }
    return answer;
  }

  /** Gives the agent the new token before a removal; a failure only if the removal must wait. */
  private Result<?> renew(RegisteredService known) {
    Result<?> answer = agent.find(known.service);
    if (answer instanceof Result.Ok<?> ok
        && ok.value() instanceof AgentService found
        && found.isOwnedBy(known.service.owner())) {
      answer = update(known.service);
    }
    // What the agent refuses has no effect later: the removal may do without.
    return answer.isAgentFailure() ? answer : Result.done();
  }

  private static boolean mayBeHeldAfter(Result<Done> removal) {
    return removal instanceof Result.Failed<Done> failed
        && failed.failure().kind() != ConsulFailure.Kind.UNKNOWN;
  }

  private Optional<String> token() {
    try {
      return token.get();
    } catch (RuntimeException e) {
      // The call itself says what is wrong with it.
      return Optional.empty();
    }
  }

  /** What the agent holds, and under which token. No record, which would show it. */
  private static final class RegisteredService {
    private final AgentServiceRegistration service;
    private final Optional<String> token;

    RegisteredService(AgentServiceRegistration service, Optional<String> token) {
      this.service = service;
      this.token = token;
    }
  }
}
