package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.Answer.Done;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The entry of a service in its agent's registry: what it shall be, and what the agent was told.
 * May be changed by any thread; {@link #register}, {@link #update} and {@link #forget} are called
 * by one thread at a time.
 */
final class Entry {

  private final Agent agent;
  private volatile Wanted wanted;

  /** What the agent was told; null while it is not known to hold the service. */
  private volatile @Nullable Wanted told;

  Entry(ServiceDefinition definition, Agent agent) {
    this.agent = agent;
    wanted = new Wanted(definition, Optional.empty());
  }

  /** Wants it to be another. */
  synchronized void change(UnaryOperator<Wanted> change) {
    wanted = change.apply(wanted);
  }

  /** Whether the agent was told, and has not been found to hold nothing since. */
  boolean isHeld() {
    return told != null;
  }

  /** Whether the agent was told all that is wanted. */
  boolean isSettled() {
    return wanted.equals(told);
  }

  /** The agent does not hold it. */
  void forget() {
    told = null;
  }

  /**
   * Tells the agent all of it, whatever that may hold: a maintenance of an earlier life, which
   * outlives the process, goes with the checks that are replaced.
   */
  Answer<Done> register() {
    Wanted want = wanted;
    boolean maintained = want.maintenance().isPresent();
    // Who registers is alive: it counts as the first heartbeat, and watchers see the service one
    // answer earlier. One that is to be in maintenance must not be seen before that is said.
    HealthStatus atFirst = maintained ? HealthStatus.CRITICAL : HealthStatus.PASSING;
    Answer<Done> answer = agent.register(want.definition(), atFirst);
    if (maintained && answer instanceof Answer.Ok<Done>) {
      answer = maintain(want);
      if (answer instanceof Answer.Failed<Done> failed) {
        // Whatever became of this one, the service did arrive.
        answer = new Answer.Failed<>(failed.failure());
      }
    }
    return told(want, answer);
  }

  /** Tells the agent, which holds it, what has changed. */
  Answer<Done> update() {
    Wanted want = wanted;
    Wanted before = Objects.requireNonNull(told, "not held");
    boolean other = want.definition() != before.definition();
    Answer<Done> answer = other ? agent.update(want.definition()) : Answer.done();
    if (answer instanceof Answer.Ok<Done> && !want.maintenance().equals(before.maintenance())) {
      answer = maintain(want);
    }
    return told(want, answer);
  }

  private Answer<Done> maintain(Wanted want) {
    String id = want.definition().id();
    return want.maintenance()
        .map(reason -> agent.beginMaintenance(id, reason))
        .orElseGet(() -> agent.endMaintenance(id));
  }

  private Answer<Done> told(Wanted want, Answer<Done> answer) {
    if (answer instanceof Answer.Ok<Done>) {
      told = want;
    }
    return answer;
  }
}
