package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.Answer.Done;
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
public final class RenewingAgent implements Agent {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final Agent agent;
  private final Supplier<Optional<String>> token;
  private final Map<String, Held> held = new ConcurrentHashMap<>();

  /** An agent that is spoken with under whatever token the supplier gives at the moment. */
  public RenewingAgent(Agent agent, Supplier<Optional<String>> token) {
    this.agent = agent;
    this.token = token;
  }

  @Override
  public Answer<Done> register(ServiceDefinition definition, HealthStatus atFirst) {
    return holding(definition, service -> agent.register(service, atFirst));
  }

  @Override
  public Answer<Done> update(ServiceDefinition definition) {
    return holding(definition, agent::update);
  }

  private Answer<Done> holding(
      ServiceDefinition definition, Function<ServiceDefinition, Answer<Done>> call) {
    // Read before the call, which reads it again: what is rotated in between is renewed next time.
    Optional<String> under = token();
    Answer<Done> answer = call.apply(definition);
    if (answer instanceof Answer.Ok<Done>) {
      held.put(definition.id(), new Held(definition, under));
    }
    return answer;
  }

  @Override
  public Answer<Done> beginMaintenance(String id, String reason) {
    return agent.beginMaintenance(id, reason);
  }

  @Override
  public Answer<Done> endMaintenance(String id) {
    return agent.endMaintenance(id);
  }

  @Override
  public Answer<Done> beat(String id) {
    return renewedAfter(agent.beat(id), id);
  }

  @Override
  public Answer<HealthStatus> health(String id) {
    return renewedAfter(agent.health(id), id);
  }

  private <T> Answer<T> renewedAfter(Answer<T> proof, String id) {
    Held known = held.get(id);
    // An agent that has forgotten the service says so first: it has no health that could stay.
    if (!(proof instanceof Answer.Ok<T>) || known == null || known.token.equals(token())) {
      return proof;
    }
    if (update(known.definition) instanceof Answer.Failed<Done> failed) {
      return new Answer.Failed<>(failed.failure());
    }
    log.info("{} is registered under a new token", id);
    return proof;
  }

  @Override
  public Answer<Done> deregister(String id) {
    Held known = held.get(id);
    if (known != null
        && !known.token.equals(token())
        && renew(known, id) instanceof Answer.Failed<?> failed) {
      return new Answer.Failed<>(failed.failure());
    }
    Answer<Done> answer = agent.deregister(id);
    if (!mayBeHeldAfter(answer)) {
      held.remove(id);
    }
    return answer;
  }

  /** Gives the agent the new token before a removal; a failure only if the removal must wait. */
  private Answer<?> renew(Held known, String id) {
    Answer<?> answer = agent.health(id);
    if (answer instanceof Answer.Ok<?>) {
      answer = update(known.definition);
    }
    // What the agent refuses has no effect later: the removal may do without.
    return ListedAgent.isLoss(answer) ? answer : Answer.done();
  }

  private static boolean mayBeHeldAfter(Answer<Done> removal) {
    return removal instanceof Answer.Failed<Done> failed
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
  private static final class Held {
    private final ServiceDefinition definition;
    private final Optional<String> token;

    Held(ServiceDefinition definition, Optional<String> token) {
      this.definition = definition;
      this.token = token;
    }
  }
}
