package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.ChangeAddress;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.EnableCheck;
import dev.rollcall.lb.haproxy.ServerChange.ReinstateServer;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.haproxy.ServerChange.SetState;
import dev.rollcall.lb.haproxy.ServerChange.State;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Writes steps as commands of HAProxy 3.0 and later. Pure, stateless and thread-safe.
 *
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3">Management guide, 9.3</a>
 */
public final class ServerCommands {

  static final String BUSY = "Server still has connections attached to it, cannot remove it.";

  /** The words differ by version and by what was so before; that it is so is looked at later. */
  private static final String ADDRESS_PART =
      "(?:IP changed from '[^']*' to '[^']*'|no need to change the addr"
          + "|port changed from '[^']*' to '[^']*'|no need to change the port)";

  private static final String ADDRESS_SET =
      "nothing changed|"
          + (ADDRESS_PART + "(?:, " + ADDRESS_PART + ")?")
          + "(?: by 'stats socket command')?";

  private ServerCommands() {}

  /**
   * The commands of a step, in order. Those of a removal are the ones that begin it: {@link
   * #maintenance} and {@link #delete} follow when the server is idle.
   */
  public static List<RuntimeCommand> of(ServerChange step) {
    if (step instanceof AddServer add) {
      return add(add);
    } else if (step instanceof RemoveServer remove) {
      return remove.inMaintenance() ? List.of() : List.of(state(remove.name(), State.DRAIN));
    } else if (step instanceof ReinstateServer back) {
      return takeBack(back);
    } else if (step instanceof EnableCheck check) {
      return List.of(enable(check.agent() ? "agent" : "health", check.name()));
    } else if (step instanceof ChangeWeight change) {
      return List.of(weight(change.name(), change.weight()));
    } else if (step instanceof ChangeAddress change) {
      return List.of(address(change.name(), change.address()));
    } else if (step instanceof SetState set) {
      return List.of(state(set.name(), set.state()));
    }
    throw new IllegalArgumentException("no such step: " + step);
  }

  /** Takes a drained server out of all traffic; only then HAProxy lets it be deleted. */
  static RuntimeCommand maintenance(ServerName name) {
    return state(name, State.MAINT);
  }

  /** Deletes a server in maintenance; refused for as long as it has connections. */
  static RuntimeCommand delete(ServerName name) {
    return RuntimeCommand.answered("del server " + name, Pattern.quote("Server deleted."))
        .retryOn(Pattern.quote(BUSY));
  }

  private static List<RuntimeCommand> add(AddServer step) {
    ServerDefinition server = step.server();
    List<String> words = new ArrayList<>(List.of("add", "server"));
    words.add(server.name().toString());
    words.add(server.address().toString());
    words.addAll(server.options().words());
    List<RuntimeCommand> commands = new ArrayList<>();
    commands.add(
        RuntimeCommand.answered(String.join(" ", words), Pattern.quote("New server registered.")));
    if (server.options().checked()) {
      // Before the server is enabled: it starts up then, and not one failed check from down.
      commands.add(enable("health", server.name()));
    }
    if (server.options().agentChecked()) {
      commands.add(enable("agent", server.name()));
    }
    if (!server.options().disabled()) {
      commands.add(enable("server", server.name()));
    }
    return commands;
  }

  private static RuntimeCommand enable(String what, ServerName name) {
    return RuntimeCommand.silent("enable " + what + " " + name);
  }

  /** What it lost meanwhile, a failed check included, is made good before it serves. */
  private static List<RuntimeCommand> takeBack(ReinstateServer step) {
    ServerDefinition server = step.server();
    ServerName name = server.name();
    List<RuntimeCommand> commands = new ArrayList<>();
    commands.add(address(name, server.address()));
    commands.add(weight(name, server.options().weight()));
    if (server.options().checked()) {
      commands.add(RuntimeCommand.silent("set server " + name + " health up"));
    }
    commands.add(state(name, step.state()));
    return commands;
  }

  private static RuntimeCommand weight(ServerName name, int weight) {
    return RuntimeCommand.silent("set server " + name + " weight " + weight);
  }

  private static RuntimeCommand address(ServerName name, ServerAddress to) {
    return RuntimeCommand.answered(
        "set server " + name + " addr " + to.ip() + " port " + to.port(), ADDRESS_SET);
  }

  private static RuntimeCommand state(ServerName name, State state) {
    return RuntimeCommand.silent("set server " + name + " state " + state.word());
  }
}
