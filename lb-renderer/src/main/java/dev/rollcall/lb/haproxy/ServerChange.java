package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import org.jspecify.annotations.Nullable;

/**
 * One change to the servers of a running HAProxy, in the terms of a pool. Immutable; pure data:
 * {@link ServerCommands} says what it is in commands.
 */
public sealed interface ServerChange {

  /** The server it is about. */
  ServerName name();

  /**
   * A server joins, and serves at once unless it is disabled.
   *
   * @param uniqueId whether it must not get the number of a server that left, as a stick table
   *     would send it that one's clients
   */
  record AddServer(ServerDefinition server, boolean uniqueId) implements ServerChange {
    /** One whose number does not matter. */
    public AddServer(ServerDefinition server) {
      this(server, false);
    }

    @Override
    public ServerName name() {
      return server.name();
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
  record RemoveServer(ServerName name, @Nullable ServerDefinition definition, boolean inMaintenance)
      implements ServerChange {
    /** One that serves. */
    public RemoveServer(ServerName name, @Nullable ServerDefinition definition) {
      this(name, definition, false);
    }
  }

  /**
   * A server that is leaving stays after all.
   *
   * @param state that it has then
   */
  record ReinstateServer(ServerDefinition server, State state) implements ServerChange {
    /** One that serves at once, unless it is disabled. */
    public ReinstateServer(ServerDefinition server) {
      this(server, server.options().disabled() ? State.MAINT : State.READY);
    }

    @Override
    public ServerName name() {
      return server.name();
    }
  }

  /** Its health check, or that of its agent, goes on. */
  record EnableCheck(ServerName name, boolean agent) implements ServerChange {}

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
  }

  /** The instance moved and kept its name. */
  record ChangeAddress(ServerName name, ServerAddress address) implements ServerChange {}

  /** It begins or stops to take traffic. */
  record SetState(ServerName name, State state) implements ServerChange {}

  /** The administrative states of a server. */
  enum State {
    /** Takes traffic when its checks pass. */
    READY("ready"),
    /** Takes no new traffic but that of clients bound to it. */
    DRAIN("drain"),
    /** Takes no new traffic at all and is not checked. */
    MAINT("maint");

    private final String word;

    State(String word) {
      this.word = word;
    }

    /** As commands write it. */
    public String word() {
      return word;
    }
  }
}
