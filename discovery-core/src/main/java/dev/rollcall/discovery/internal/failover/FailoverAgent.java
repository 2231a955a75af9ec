package dev.rollcall.discovery.internal.failover;

import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.AgentService;
import dev.rollcall.discovery.internal.api.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.LivenessCheck;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several agents as one: each service lives with one of them, and moves on to the next when that
 * has been lost for longer than a beat. A service that has moved is unknown where it has come, so
 * that it gets registered there. It stays there: the old agent, when it is back, is told to remove
 * it. A service that leaves is removed wherever it may be.
 *
 * <p>Thread-safe; calls for one service come one after the other.
 */
final class FailoverAgent implements AgentApi {

  private static final Logger log = LoggerFactory.getLogger(FailoverAgent.class);

  private final List<MonitoredAgent> agents;
  private final Map<String, Placement> placements = new ConcurrentHashMap<>();

  /**
   * Several agents.
   *
   * @param listed in the order of preference
   */
  FailoverAgent(List<MonitoredAgent> listed) {
    this.agents = List.copyOf(listed);
  }

  @Override
  public Result<Done> register(AgentServiceRegistration service, HealthStatus atFirst) {
    String id = service.id();
    Placement stay = placements.computeIfAbsent(id, Placement::new);
    stay.lostAfter = LivenessCheck.of(service.service()).interval(HealthStatus.CRITICAL);
    stay.owner = service.owner();
    stay.failOverIfLost();
    MonitoredAgent home = stay.current();
    boolean before = stay.mayBeRegistered || home.isRemovalPending(id);
    if (!home.cancelRemoval(id)) {
      return Result.failed(
          Kind.UNAVAILABLE, "register: the agent at " + home.name() + " is about to remove " + id);
    }
    stay.mayBeRegistered = true;
    Result<Done> answer = home.call(agent -> agent.register(service, atFirst));
    if (answer instanceof Result.Failed<Done> failed) {
      stay.mayBeRegistered = before || failed.mayHaveArrived();
    } else {
      stay.logMove();
    }
    return answer;
  }

  @Override
  public Result<Done> update(AgentServiceRegistration service) {
    return onCurrentAgent(service.id(), agent -> agent.update(service));
  }

  @Override
  public Result<Done> beginMaintenance(String id, String reason) {
    return onCurrentAgent(id, agent -> agent.beginMaintenance(id, reason));
  }

  @Override
  public Result<Done> changeMaintenance(String id, String reason) {
    return onCurrentAgent(id, agent -> agent.changeMaintenance(id, reason));
  }

  @Override
  public Result<Done> endMaintenance(String id) {
    return onCurrentAgent(id, agent -> agent.endMaintenance(id));
  }

  @Override
  public Result<Done> heartbeat(String id) {
    return onCurrentAgent(id, agent -> agent.heartbeat(id));
  }

  @Override
  public Result<AgentService> find(AgentServiceRegistration service) {
    return onCurrentAgent(service.id(), agent -> agent.find(service));
  }

  private <T> Result<T> onCurrentAgent(String id, Function<AgentApi, Result<T>> call) {
    Placement stay = placements.get(id);
    if (stay == null) {
      return Result.failed(Kind.UNKNOWN, id + " is not registered");
    }
    if (!stay.failOverIfLost()) {
      Result<T> answer = stay.current().call(call);
      if (!answer.isAgentFailure() || !stay.failOverIfLost()) {
        return answer;
      }
    }
    return Result.failed(
        Kind.UNKNOWN,
        id + " moves to the agent at " + stay.current().name() + ", the other is lost");
  }

  /** Removes the service from all who may hold it, those first of whom an answer is to be hoped. */
  @Override
  public Result<Done> deregister(String id, String owner, Duration within) {
    Placement stay = placements.remove(id);
    if (stay != null && stay.mayBeRegistered) {
      stay.current().removeLater(id, owner);
    }
    Result<Done> worst = Result.done();
    for (MonitoredAgent agent :
        agents.stream()
            .filter(each -> each.isRemovalPending(id))
            .sorted(Comparator.comparing(MonitoredAgent::isFailing))
            .toList()) {
      Result<Done> answer = agent.remove(id, within);
      worst = answer instanceof Result.Ok<Done> ? worst : answer;
    }
    return worst;
  }

  /** Where one service lives. Touched by the calls for it alone. */
  private final class Placement {
    private final String id;
    private Duration lostAfter = Duration.ZERO;
    private String owner = "";
    private int at;
    private boolean mayBeRegistered;
    private @Nullable MonitoredAgent logged;

    Placement(String id) {
      this.id = id;
    }

    MonitoredAgent current() {
      return agents.get(at);
    }

    /** Moves on from an agent that is lost: to one that is not, or else to the next. */
    boolean failOverIfLost() {
      if (!current().isLostFor(lostAfter)) {
        return false;
      }
      if (mayBeRegistered) {
        current().removeLater(id, owner);
        mayBeRegistered = false;
      }
      int next = (at + 1) % agents.size();
      int better = next;
      while (agents.get(better).isFailing() && better != at) {
        better = (better + 1) % agents.size();
      }
      at = better == at ? next : better;
      return true;
    }

    void logMove() {
      MonitoredAgent home = current();
      if (logged != null ? logged != home : at > 0) {
        log.warn("{} is registered with the agent at {}, as another is lost", id, home.name());
      }
      logged = home;
    }
  }
}
