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
 * A change of one server of a running HAProxy, with the commands of HAProxy 3.0 and later that make
 * it. Immutable.
 *
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3">Management guide, 9.3</a>
 */
public sealed interface ServerChange extends HaproxyChange {

  /** The server it is about. */
  ServerName name();

  @Override
  default String subject() {
    return name().toString();
  }

  /**
   * The commands, in order. Those of a removal only drain the server; it is deleted when it is
   * idle.
   */
  @Override
  List<RuntimeCommand> commands();

  /**
   * All that {@code add server} has to be given. Immutable.
   *
   * @param options with {@code default-server} folded in
   */
  record Definition(ServerName name, ServerAddress address, ServerOptions options) {}

  /**
   * Adds a server, which serves at once unless it is disabled.
   *
   * @param uniqueId whether it must not get the id of a removed server, whose clients a stick table
   *     would send to it
   */
  record AddServer(Definition server, boolean uniqueId) implements ServerChange {
    /** With any id. */
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
        // Before the server is enabled, or it would start one failed check from down.
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
   * Removes a server: it is drained and deleted when it is idle.
   *
   * @param definition to reinstate it while it is draining; null when that cannot be done at run
   *     time
   * @param inMaintenance whether an operator has put it into maintenance: to drain it would let
   *     clients in again that a cookie binds to it
   */
  record RemoveServer(ServerName name, @Nullable Definition definition, boolean inMaintenance)
      implements ServerChange {
    /** Of a server that serves. */
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
   * Gives a server that is about to be removed no new traffic, but that of clients bound to it.
   * Unlike a drain, this leaves alone what an operator has ordered for it.
   */
  record StopTraffic(ServerName name) implements ServerChange {
    @Override
    public List<RuntimeCommand> commands() {
      return new ChangeWeight(name, 0).commands();
    }

    @Override
    public String description() {
      return "gets no new traffic";
    }
  }

  /**
   * Makes a draining server serve again, with its current address and weight, and as healthy.
   *
   * @param state afterwards
   */
  record ReinstateServer(Definition server, State state) implements ServerChange {
    /** To serve at once, unless it is disabled. */
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

  /** Enables its health check or agent check. */
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
   * Changes its weight.
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

  /** Changes its address. */
  record ChangeAddress(ServerName name, ServerAddress address) implements ServerChange {

    /** The reply differs by version and former address; the address itself is verified later. */
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

  /** Changes its administrative state. */
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
