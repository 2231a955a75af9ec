package dev.rollcall.lb.update;

import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.ServerChange;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.SetState;
import dev.rollcall.lb.haproxy.ServerChange.State;
import dev.rollcall.lb.haproxy.ServerState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A state or weight that an operator set for a server by hand through HAProxy's socket. It is kept
 * until it is undone there. Immutable.
 *
 * @param name of the server, also of backends outside of the configuration
 * @param state that was set; null when its state is as configured
 * @param weight that was set; null when its weight is as configured
 * @param age for how long the server has been up or down; a drain can be younger
 */
public record OperatorOverride(
    ServerName name, @Nullable State state, @Nullable Integer weight, Duration age) {

  /**
   * The state and weight in the configuration.
   *
   * @param disabled null when it is not known
   * @param weight null when it is not known
   */
  record Configured(@Nullable Boolean disabled, @Nullable Integer weight) {
    static final Configured UNKNOWN = new Configured(null, null);

    /** From the options of a server line. */
    static Configured of(List<String> options) {
      int weight = options.lastIndexOf("weight");
      boolean disabled = options.lastIndexOf("disabled") > options.lastIndexOf("enabled");
      if (weight < 0) {
        return new Configured(disabled, 1);
      }
      String value = weight + 1 < options.size() ? options.get(weight + 1) : "";
      return new Configured(disabled, value.matches("\\d{1,3}") ? Integer.valueOf(value) : null);
    }
  }

  /**
   * Finds the override of a server.
   *
   * @param running the server in HAProxy
   * @param configured from the file
   * @param given the weight that we set last; null if we set none, so that its initial weight
   *     counts
   * @return empty when there is none
   */
  static Optional<OperatorOverride> of(
      ServerState running, Configured configured, @Nullable Integer given) {
    boolean disabled =
        configured.disabled() == null ? running.configuredMaintenance() : configured.disabled();
    State state = null;
    if (running.draining()) {
      state = State.DRAIN;
    } else if (running.maintenance() != disabled) {
      state = disabled ? State.READY : State.MAINT;
    }
    int initial = running.numbers().initialWeight();
    boolean otherWeight =
        running.weight() != (configured.weight() == null ? initial : configured.weight())
            && running.weight() != (given == null ? initial : given);
    if ((state == null && !otherWeight)
        || !ServerName.legal(running.backend())
        || !ServerName.legal(running.server())) {
      return Optional.empty();
    }
    return Optional.of(
        new OperatorOverride(
            new ServerName(running.backend(), running.server()),
            state,
            otherWeight ? running.weight() : null,
            state == null ? Duration.ZERO : running.numbers().sinceLastChange()));
  }

  /** The changes that set it again in a new worker. */
  public List<ServerChange> changes() {
    List<ServerChange> changes = new ArrayList<>();
    if (weight != null) {
      changes.add(new ChangeWeight(name, weight));
    }
    if (state != null) {
      changes.add(new SetState(name, state));
    }
    return changes;
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

  /**
   * An override as the status shows it. Immutable.
   *
   * @param server as {@code backend/server}
   * @param setting such as {@code maint and weight 3}
   * @param age since it was seen first
   */
  public record Status(String server, String setting, Duration age) {}
}
