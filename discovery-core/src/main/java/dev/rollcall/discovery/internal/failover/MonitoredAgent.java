package dev.rollcall.discovery.internal.failover;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Backoff;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of several agents: since when it is lost, as all who call it find out together, and which
 * services it may still hold that live elsewhere by now. These it is told to remove, one after the
 * other, as soon as it answers. Thread-safe.
 */
public final class MonitoredAgent {

  private static final Logger log = LoggerFactory.getLogger(MonitoredAgent.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

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
