package dev.rollcall.discovery.internal.failover;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.AgentApi.AgentService;
import dev.rollcall.discovery.internal.api.AgentApi.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.LivenessCheck;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several agents as one: each service is registered with one of them, and fails over to the next
 * when that agent has failed for longer than a heartbeat. The next agent does not know the service,
 * so it is registered there, and stays there: when the old agent is back, it is told to deregister
 * it. A service that leaves is deregistered from every agent that may hold it.
 *
 * <p>Thread-safe; calls for one service come one after the other.
 */
final class FailoverAgent implements AgentApi {

  private static final Logger log = LoggerFactory.getLogger(FailoverAgent.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final List<MonitoredAgent> agents = new ArrayList<>();
  private final Map<String, Placement> placements = new ConcurrentHashMap<>();

  /**
   * Several agents.
   *
   * @param byName each under what people call it, in the order of preference
   * @param context for removals; its threads may be held up by an agent that hangs
   */
  FailoverAgent(Map<String, AgentApi> byName, RuntimeContext context) {
    byName.forEach((name, agent) -> agents.add(new MonitoredAgent(name, agent, context)));
  }

  @Override
  public Result<Done> register(AgentServiceRegistration service, HealthStatus atFirst) {
    String id = service.id();
    Placement placement = placements.computeIfAbsent(id, Placement::new);
    placement.lostAfter = LivenessCheck.of(service.service()).interval(HealthStatus.CRITICAL);
    placement.owner = service.owner();
    placement.failOverIfLost();
    MonitoredAgent home = placement.current();
    boolean before = placement.mayBeRegistered || home.isRemovalPending(id);
    if (!home.cancelRemoval(id)) {
      return Result.failed(
          Kind.UNAVAILABLE, "register: the agent at " + home.name() + " is about to remove " + id);
    }
    placement.mayBeRegistered = true;
    Result<Done> answer = home.call(agent -> agent.register(service, atFirst));
    if (answer instanceof Result.Failed<Done> failed) {
      placement.mayBeRegistered = before || failed.mayHaveArrived();
    } else {
      placement.logMove();
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
  public Result<Done> heartbeat(String id, HealthReport report) {
    return onCurrentAgent(id, agent -> agent.heartbeat(id, report));
  }

  @Override
  public Result<AgentService> find(AgentServiceRegistration service) {
    return onCurrentAgent(service.id(), agent -> agent.find(service));
  }

  private <T> Result<T> onCurrentAgent(String id, Function<AgentApi, Result<T>> call) {
    Placement placement = placements.get(id);
    if (placement == null) {
      return Result.failed(Kind.UNKNOWN, id + " is not registered");
    }
    if (!placement.failOverIfLost()) {
      Result<T> answer = placement.current().call(call);
      if (!answer.isAgentFailure() || !placement.failOverIfLost()) {
        return answer;
      }
    }
    return Result.failed(
        Kind.UNKNOWN,
        id + " moves to the agent at " + placement.current().name() + ", the other is lost");
  }

  /** Removes the service from all who may hold it, those first of whom an answer is to be hoped. */
  @Override
  public Result<Done> deregister(String id, String owner, Duration within) {
    Placement placement = placements.remove(id);
    if (placement != null && placement.mayBeRegistered) {
      placement.current().removeLater(id, owner);
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

  /**
   * One of several agents: since when its calls fail, for all services together, and which services
   * it may still hold that are registered elsewhere by now. It is told to deregister these, one
   * after the other, as soon as it answers. Thread-safe.
   */
  static final class MonitoredAgent {
    private final String name;
    private final AgentApi agent;
    private final RuntimeContext context;
    private final Backoff backoff;

    /** Who owns what is to be removed, by the service's id. */
    private final Map<String, String> pendingRemovals = new LinkedHashMap<>();

    private @Nullable String removing;
    private boolean removalScheduled;
    private boolean failing;
    private long failingSince;

    /**
     * An agent that nothing is known of.
     *
     * @param name what people call it
     * @param context for the removals; its threads may be held up by an agent that hangs
     */
    MonitoredAgent(String name, AgentApi agent, RuntimeContext context) {
      this.name = name;
      this.agent = agent;
      this.context = context;
      backoff = new Backoff(LONGEST_PAUSE, context.random());
    }

    String name() {
      return name;
    }

    /** Makes a call, and takes note of whether the agent is there. */
    <T> Result<T> call(Function<AgentApi, Result<T>> call) {
      long asked = context.clock().nanoTime();
      Result<T> answer = call.apply(agent);
      synchronized (this) {
        if (!answer.isAgentFailure()) {
          failing = false;
        } else if (!failing) {
          failing = true;
          failingSince = asked;
        }
      }
      return answer;
    }

    /** Whether the last call failed. */
    synchronized boolean isFailing() {
      return failing;
    }

    /** Whether no call has succeeded for so long. */
    synchronized boolean isLostFor(Duration patience) {
      return failing && context.clock().since(failingSince).compareTo(patience) >= 0;
    }

    /**
     * The service lives here now.
     *
     * @return false if its removal is under way: registered now, it might be removed after that
     */
    synchronized boolean cancelRemoval(String id) {
      if (id.equals(removing)) {
        return false;
      }
      pendingRemovals.remove(id);
      return true;
    }

    /** The service lives here no longer, but may still be held. */
    synchronized void removeLater(String id, String owner) {
      pendingRemovals.put(id, owner);
      scheduleRemovals();
    }

    synchronized boolean isRemovalPending(String id) {
      return pendingRemovals.containsKey(id);
    }

    /** Removes a service that may still be held. */
    Result<Done> remove(String id, Duration within) {
      String owner;
      synchronized (this) {
        owner = pendingRemovals.get(id);
      }
      Result<Done> answer =
          owner == null ? Result.done() : call(each -> each.deregister(id, owner, within));
      boolean gone =
          answer instanceof Result.Ok<Done>
              || (answer instanceof Result.Failed<Done> failed
                  && failed.failure().kind() == ConsulFailure.Kind.UNKNOWN);
      if (!gone) {
        return answer;
      }
      synchronized (this) {
        pendingRemovals.remove(id, owner);
      }
      return Result.done();
    }

    private void scheduleRemovals() {
      if (!removalScheduled && !pendingRemovals.isEmpty()) {
        removalScheduled = true;
        context
            .scheduler()
            .schedule(backoff.next(), () -> context.threads().execute(this::removePending));
      }
    }

    private void removePending() {
      try {
        String id = next();
        while (id != null && remove(id, LONGEST_PAUSE) instanceof Result.Ok<Done>) {
          log.info("{} is removed from the agent at {}, which had been lost", id, name);
          backoff.reset();
          id = next();
        }
      } finally {
        synchronized (this) {
          removing = null;
          removalScheduled = false;
          scheduleRemovals();
        }
      }
    }

    /** The next to be removed; it goes to the end of the line, as it may be refused. */
    private synchronized @Nullable String next() {
      Iterator<Map.Entry<String, String>> line = pendingRemovals.entrySet().iterator();
      removing = null;
      if (line.hasNext()) {
        Map.Entry<String, String> first = line.next();
        line.remove();
        pendingRemovals.put(first.getKey(), first.getValue());
        removing = first.getKey();
      }
      return removing;
    }
  }
}
