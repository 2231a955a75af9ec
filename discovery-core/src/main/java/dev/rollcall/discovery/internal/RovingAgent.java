package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.internal.Answer.Done;
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
final class RovingAgent implements Agent {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final List<ListedAgent> listed;
  private final Map<String, Stay> stays = new ConcurrentHashMap<>();

  /**
   * Several agents.
   *
   * @param listed in the order of preference
   */
  RovingAgent(List<ListedAgent> listed) {
    this.listed = List.copyOf(listed);
  }

  @Override
  public Answer<Done> register(ServiceRecord service, HealthStatus atFirst) {
    String id = service.id();
    Stay stay = stays.computeIfAbsent(id, Stay::new);
    stay.patience = Proof.of(service.service()).rhythm(HealthStatus.CRITICAL);
    stay.owner = service.owner();
    stay.moveIfLost();
    ListedAgent home = stay.home();
    boolean before = stay.mayBeHeld || home.owes(id);
    if (!home.claim(id)) {
      return Answer.failed(
          Kind.UNAVAILABLE, "register: the agent at " + home.name() + " is about to remove " + id);
    }
    stay.mayBeHeld = true;
    Answer<Done> answer = home.call(agent -> agent.register(service, atFirst));
    if (answer instanceof Answer.Failed<Done> failed) {
      stay.mayBeHeld = before || failed.mayHaveArrived();
    } else {
      stay.tellMove();
    }
    return answer;
  }

  @Override
  public Answer<Done> update(ServiceRecord service) {
    return atHome(service.id(), agent -> agent.update(service));
  }

  @Override
  public Answer<Done> beginMaintenance(String id, String reason) {
    return atHome(id, agent -> agent.beginMaintenance(id, reason));
  }

  @Override
  public Answer<Done> changeMaintenance(String id, String reason) {
    return atHome(id, agent -> agent.changeMaintenance(id, reason));
  }

  @Override
  public Answer<Done> endMaintenance(String id) {
    return atHome(id, agent -> agent.endMaintenance(id));
  }

  @Override
  public Answer<Done> beat(String id) {
    return atHome(id, agent -> agent.beat(id));
  }

  @Override
  public Answer<AgentService> find(ServiceRecord service) {
    return atHome(service.id(), agent -> agent.find(service));
  }

  private <T> Answer<T> atHome(String id, Function<Agent, Answer<T>> call) {
    Stay stay = stays.get(id);
    if (stay == null) {
      return Answer.failed(Kind.UNKNOWN, id + " is not registered");
    }
    if (!stay.moveIfLost()) {
      Answer<T> answer = stay.home().call(call);
      if (!ListedAgent.isLoss(answer) || !stay.moveIfLost()) {
        return answer;
      }
    }
    return Answer.failed(
        Kind.UNKNOWN, id + " moves to the agent at " + stay.home().name() + ", the other is lost");
  }

  /** Removes the service from all who may hold it, those first of whom an answer is to be hoped. */
  @Override
  public Answer<Done> deregister(String id, String owner, Duration within) {
    Stay stay = stays.remove(id);
    if (stay != null && stay.mayBeHeld) {
      stay.home().owe(id, owner);
    }
    Answer<Done> worst = Answer.done();
    for (ListedAgent agent :
        listed.stream()
            .filter(each -> each.owes(id))
            .sorted(Comparator.comparing(ListedAgent::isFailing))
            .toList()) {
      Answer<Done> answer = agent.remove(id, within);
      worst = answer instanceof Answer.Ok<Done> ? worst : answer;
    }
    return worst;
  }

  /** Where one service lives. Touched by the calls for it alone. */
  private final class Stay {
    private final String id;
    private Duration patience = Duration.ZERO;
    private String owner = "";
    private int at;
    private boolean mayBeHeld;
    private @Nullable ListedAgent told;

    Stay(String id) {
      this.id = id;
    }

    ListedAgent home() {
      return listed.get(at);
    }

    /** Moves on from an agent that is lost: to one that is not, or else to the next. */
    boolean moveIfLost() {
      if (!home().isLostFor(patience)) {
        return false;
      }
      if (mayBeHeld) {
        home().owe(id, owner);
        mayBeHeld = false;
      }
      int next = (at + 1) % listed.size();
      int better = next;
      while (listed.get(better).isFailing() && better != at) {
        better = (better + 1) % listed.size();
      }
      at = better == at ? next : better;
      return true;
    }

    void tellMove() {
      ListedAgent home = home();
      if (told != null ? told != home : at > 0) {
        log.warn("{} is registered with the agent at {}, as another is lost", id, home.name());
      }
      told = home;
    }
  }
}
