package dev.rollcall.lb.update;

import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.ServerChange;
import dev.rollcall.lb.haproxy.ServerChange.State;
import dev.rollcall.lb.haproxy.ServerState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an operator ordered of a server by hand at HAProxy's socket: a state or a weight that
 * neither the configuration nor a change of ours gave it. It is left alone for as long as it
 * stands. Immutable.
 *
 * @param name of the server; its backend need not be one of the configuration
 * @param state that was ordered; null when its state is as configured
 * @param weight that was ordered; null when its weight is as configured
 * @param age for how long the server has been up or down, as HAProxy tells; a drain can be younger
 */
public record OperatorOverride(
    ServerName name, @Nullable State state, @Nullable Integer weight, Duration age) {

  /**
   * What the configuration says of a server, as far as it can be known.
   *
   * @param disabled null when it is not known
   * @param weight null when it is not known
   */
  record Configured(@Nullable Boolean disabled, @Nullable Integer weight) {
    static final Configured UNKNOWN = new Configured(null, null);
  }

  /**
   * Finds what was ordered of a server.
   *
   * @param running as HAProxy has it
   * @param configured what the file says
   * @param set the weight that we gave it last; null if we gave it none, and the one counts that
   *     HAProxy began with
   * @return empty when nothing was
   */
  static Optional<OperatorOverride> of(
      ServerState running, Configured configured, @Nullable Integer set) {
    boolean disabled =
        configured.disabled() == null
            ? running.admin().configuredMaintenance()
            : configured.disabled();
    State state = null;
    if (running.admin().draining()) {
      state = State.DRAIN;
    } else if (running.admin().maintenance() != disabled) {
      state = disabled ? State.READY : State.MAINT;
    }
    int weight =
        configured.weight() == null ? running.numbers().initialWeight() : configured.weight();
    int given = set == null ? running.numbers().initialWeight() : set;
    boolean ordered = running.weight() != weight && running.weight() != given;
    if ((state == null && !ordered)
        || !ServerName.legal(running.backend())
        || !ServerName.legal(running.server())) {
      return Optional.empty();
    }
    return Optional.of(
        new OperatorOverride(
            new ServerName(running.backend(), running.server()),
            state,
            ordered ? running.weight() : null,
            state == null ? Duration.ZERO : running.numbers().sinceLastChange()));
  }

  /** Whether it is the same, however long it has stood. */
  public boolean sameSettings(OperatorOverride other) {
    return changes().equals(other.changes());
  }

  /** What gives it again, to a worker that does not know of it. */
  public List<ServerChange> changes() {
    List<ServerChange> steps = new ArrayList<>();
    if (weight != null) {
      steps.add(new ServerChange.ChangeWeight(name, weight));
    }
    if (state != null) {
      steps.add(new ServerChange.SetState(name, state));
    }
    return steps;
  }

  /** Such as {@code maint and weight 3}. */
  public String description() {
    List<String> words = new ArrayList<>();
    if (state != null) {
      words.add(state.word());
    }
    if (weight != null) {
      words.add("weight " + weight);
    }
    return String.join(" and ", words);
  }
}
