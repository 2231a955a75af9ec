package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.config.ServerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One change to the servers of a running HAProxy, with the commands of HAProxy 3.0 and later that
 * make it. Immutable; pure data.
 *
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3">Management guide, 9.3</a>
 */
public sealed interface ServerChange {

  /** The server it is about. */
  ServerName name();

  /**
   * The commands, in order. Those of a removal are the ones that begin it: the server goes into
   * maintenance and is deleted when it is idle.
   */
  List<RuntimeCommand> commands();

  /** For the log, such as {@code has weight 3}. */
  String description();

  /**
   * A server of which everything is known that HAProxy must be told to add it. Immutable.
   *
   * @param options with {@code default-server} folded in
   */
  record Definition(ServerName name, ServerAddress address, ServerOptions options) {}

  /**
   * A server joins, and serves at once unless it is disabled.
   *
   * @param uniqueId whether it must not get the number of a server that left, as a stick table
   *     would send it that one's clients
   */
  record AddServer(Definition server, boolean uniqueId) implements ServerChange {
    /** One whose number does not matter. */
    public AddServer(Definition server) {
      this(server, false);
    }

    @Override
    public ServerName name() {
      return server.name();
    }

    @Override
    public List<RuntimeCommand> commands() {
      ServerOptions options = server.options();
      List<RuntimeCommand> commands = new ArrayList<>();
      commands.add(
          RuntimeCommand.answered(
              "add server "
                  + name()
                  + " "
                  + server.address()
                  + " "
                  + String.join(" ", options.words()),
              Pattern.quote("New server registered.")));
      if (options.checked()) {
        // Before the server is enabled: it starts up then, and not one failed check from down.
        commands.add(enable("health", name()));
      }
      if (options.agentChecked()) {
        commands.add(enable("agent", name()));
      }
      if (!options.disabled()) {
        commands.add(enable("server", name()));
      }
      return commands;
    }

    @Override
    public String description() {
      return "joined at " + server.address();
    }
  }

  /**
   * A server leaves: it is drained, waited for, and deleted.
   *
   * @param definition what HAProxy knows of it, so that it can come back while it leaves; null when
   *     that is more than can be said at run time
   * @param inMaintenance whether somebody has taken it out already: to drain it would let clients
   *     in again that a cookie binds to it
   */
  record RemoveServer(ServerName name, @Nullable Definition definition, boolean inMaintenance)
      implements ServerChange {
    /** One that serves. */
    public RemoveServer(ServerName name, @Nullable Definition definition) {
      this(name, definition, false);
    }

    @Override
    public List<RuntimeCommand> commands() {
      return inMaintenance ? List.of() : new SetState(name, State.DRAIN).commands();
    }

    @Override
    public String description() {
      return "is leaving";
    }
  }

  /**
   * A server that is leaving stays after all. What it lost meanwhile, a failed check included, is
   * made good before it serves.
   *
   * @param state that it has then
   */
  record ReinstateServer(Definition server, State state) implements ServerChange {
    /** One that serves at once, unless it is disabled. */
    public ReinstateServer(Definition server) {
      this(server, server.options().disabled() ? State.MAINT : State.READY);
    }

    @Override
    public ServerName name() {
      return server.name();
    }

    @Override
    public List<RuntimeCommand> commands() {
      List<RuntimeCommand> commands = new ArrayList<>();
      commands.addAll(new ChangeAddress(name(), server.address()).commands());
      commands.addAll(new ChangeWeight(name(), server.options().weight()).commands());
      if (server.options().checked()) {
        commands.add(RuntimeCommand.silent("set server " + name() + " health up"));
      }
      commands.addAll(new SetState(name(), state).commands());
      return commands;
    }

    @Override
    public String description() {
      return "came back at " + server.address();
    }
  }

  /** Its health check, or that of its agent, goes on. */
  record EnableCheck(ServerName name, boolean agent) implements ServerChange {
    @Override
    public List<RuntimeCommand> commands() {
      return List.of(enable(agent ? "agent" : "health", name));
    }

    @Override
    public String description() {
      return "is checked again";
    }
  }

  /**
   * Its share of the traffic changes.
   *
   * @param weight 0 to 256
   */
  record ChangeWeight(ServerName name, int weight) implements ServerChange {
    /** Checks the weight. */
    public ChangeWeight {
      if (weight < 0 || weight > 256) {
        throw new IllegalArgumentException("no weight: " + weight);
      }
    }

    @Override
    public List<RuntimeCommand> commands() {
      return List.of(RuntimeCommand.silent("set server " + name + " weight " + weight));
    }

    @Override
    public String description() {
      return "has weight " + weight;
    }
  }

  /** The instance moved and kept its name. */
  record ChangeAddress(ServerName name, ServerAddress address) implements ServerChange {

    /** The words differ by version and by what was so before; that it is so is looked at later. */
    private static final String PART =
        "(?:IP changed from '[^']*' to '[^']*'|no need to change the addr"
            + "|port changed from '[^']*' to '[^']*'|no need to change the port)";

    private static final String SUCCESS =
        "nothing changed|" + PART + "(?:, " + PART + ")?(?: by 'stats socket command')?";

    @Override
    public List<RuntimeCommand> commands() {
      return List.of(
          RuntimeCommand.answered(
              "set server " + name + " addr " + address.ip() + " port " + address.port(), SUCCESS));
    }

    @Override
    public String description() {
      return "moved to " + address;
    }
  }

  /** It begins or stops to take traffic. */
  record SetState(ServerName name, State state) implements ServerChange {
    @Override
    public List<RuntimeCommand> commands() {
      return List.of(RuntimeCommand.silent("set server " + name + " state " + state.word()));
    }

    @Override
    public String description() {
      return "is " + state.word();
    }
  }

  /** The administrative states of a server. */
  enum State {
    /** Takes traffic when its checks pass. */
    READY,
    /** Takes no new traffic but that of clients bound to it. */
    DRAIN,
    /** Takes no new traffic at all and is not checked. */
    MAINT;

    /** As commands write it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static RuntimeCommand enable(String what, ServerName name) {
    return RuntimeCommand.silent("enable " + what + " " + name);
  }
}
