package dev.rollcall.discovery.internal.registration;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.AgentService;
import dev.rollcall.discovery.internal.api.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The entry of a service in its agent's registry: what it shall be, and what the agent was told.
 * May be changed by any thread; all that calls the agent is called by one thread at a time.
 */
final class ServiceRecord {

  private final AgentApi agent;
  private final String owner;
  private volatile DesiredState wanted;

  /** What the agent was told; null while it is not known to hold the service. */
  private volatile @Nullable DesiredState told;

  /** Whether what the agent was told is right no longer, though nobody wants another. */
  private volatile boolean outdated;

  /**
   * An entry that nobody was told of.
   *
   * @param owner tells this registration from every other
   */
  ServiceRecord(ServiceDefinition definition, String owner, AgentApi agent) {
    this.agent = agent;
    this.owner = owner;
    wanted = new DesiredState(definition, Optional.empty());
  }

  String owner() {
    return owner;
  }

  /** Wants it to be another. */
  synchronized void change(UnaryOperator<DesiredState> change) {
    wanted = change.apply(wanted);
  }

  /** Whether the agent was told, and has not been found to hold nothing since. */
  boolean isHeld() {
    return told != null;
  }

  /** Whether the agent was told all that is wanted. */
  boolean isSettled() {
    return !outdated && wanted.equals(told);
  }

  /** The agent does not hold it. */
  void forget() {
    told = null;
  }

  /** What the agent was told is right no longer: where the service is reached has changed. */
  void outdate() {
    outdated = true;
  }

  /**
   * Tells the agent all of it, whatever that may hold: a maintenance of an earlier life, which
   * outlives the process, goes with the checks that are replaced.
   */
  Result<Done> register() {
    DesiredState want = wanted;
    boolean maintained = want.maintenance().isPresent();
    // Who registers is alive: it counts as the first heartbeat, and watchers see the service one
    // answer earlier. One that is to be in maintenance must not be seen before that is said.
    HealthStatus atFirst = maintained ? HealthStatus.CRITICAL : HealthStatus.PASSING;
    Result<Done> answer = agent.register(record(want), atFirst);
    if (maintained && answer instanceof Result.Ok<Done>) {
      answer = maintain(want, Optional.empty());
      if (answer instanceof Result.Failed<Done> failed) {
        // Whatever became of this one, the service did arrive.
        answer = new Result.Failed<>(failed.failure());
      }
    }
    return told(want, answer);
  }

  /**
   * Tells the agent, which holds it for somebody else, that it is this one's; the maintenance that
   * somebody has put it into stays.
   */
  Result<Done> takeBack(AgentService found) {
    if (found.status() != HealthStatus.MAINTENANCE) {
      return register();
    }
    DesiredState want = wanted;
    return told(want, agent.update(record(want)));
  }

  /** Tells the agent, which holds it, what has changed. */
  Result<Done> update() {
    DesiredState want = wanted;
    DesiredState before = Objects.requireNonNull(told, "not held");
    boolean other = outdated || want.definition() != before.definition();
    Result<Done> answer = other ? agent.update(record(want)) : Result.done();
    if (answer instanceof Result.Ok<Done> && !want.maintenance().equals(before.maintenance())) {
      answer = maintain(want, before.maintenance());
    }
    return told(want, answer);
  }

  /** Consul keeps the first reason of a maintenance, whatever it is told by beginning again. */
  private Result<Done> maintain(DesiredState want, Optional<String> before) {
    String id = want.definition().id();
    if (want.maintenance().isEmpty()) {
      return agent.endMaintenance(id);
    }
    String reason = want.maintenance().get();
    return before.isPresent()
        ? agent.changeMaintenance(id, reason)
        : agent.beginMaintenance(id, reason);
  }

  private Result<Done> told(DesiredState want, Result<Done> answer) {
    if (answer instanceof Result.Ok<Done>) {
      told = want;
      outdated = false;
    }
    return answer;
  }

  /** What the agent holds under the id. */
  Result<AgentService> find() {
    return agent.find(record(wanted));
  }

  /** Lets another process have the id, which takes the place of this entry. */
  Result<Done> offer() {
    return agent.update(record(wanted).asLeaving());
  }

  /** Removes it, unless it is another's by now. */
  Result<Done> remove(Duration within) {
    return agent.deregister(wanted.definition().id(), owner, within);
  }

  private AgentServiceRegistration record(DesiredState want) {
    return new AgentServiceRegistration(want.definition(), owner);
  }
}
