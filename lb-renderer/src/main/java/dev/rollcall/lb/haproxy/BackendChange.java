package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import java.util.List;

/**
 * A change of one backend of a running HAProxy 3.4 or later. Rules reach a backend by name only
 * while it is published. Immutable.
 *
 * @see <a href="https://docs.haproxy.org/3.4/management.html#9.3-add%20backend">Management guide,
 *     add backend, publish backend</a>
 */
public sealed interface BackendChange extends HaproxyChange {

  /** Of the backend. */
  String name();

  @Override
  default String subject() {
    return "backend " + name();
  }

  /** Adds a backend without servers, which is not published yet. */
  record AddBackend(String name, String defaults) implements BackendChange {
    /**
     * Checks both.
     *
     * @throws IllegalArgumentException when one is no legal name
     */
    public AddBackend {
      requireLegal(name);
      requireLegal(defaults);
    }

    @Override
    public List<RuntimeCommand> commands() {
      return List.of(
          answered("add backend " + name + " from " + defaults, "New backend registered."));
    }

    @Override
    public String description() {
      return "was added";
    }
  }

  /** Publishes a backend, or takes that back. */
  record SetPublished(String name, boolean published) implements BackendChange {
    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException when it is no legal name
     */
    public SetPublished {
      requireLegal(name);
    }

    @Override
    public List<RuntimeCommand> commands() {
      return List.of(
          published
              ? answered("publish backend " + name, "Backend published.")
              : answered("unpublish backend " + name, "Backend unpublished."));
    }

    @Override
    public String description() {
      return published ? "is published" : "is unpublished";
    }
  }

  /**
   * Removes a backend: it gets no new requests. Its servers and itself are deleted when it is idle;
   * until then its servers serve, since a request that waits in its queue needs one.
   *
   * @param defaults the name of its defaults section, to reinstate it while it is draining
   * @param servers of it
   */
  record RemoveBackend(String name, String defaults, List<RemoveServer> servers)
      implements BackendChange {
    /**
     * Checks the name and copies the list.
     *
     * @throws IllegalArgumentException when it is no legal name
     */
    public RemoveBackend {
      requireLegal(name);
      servers = List.copyOf(servers);
    }

    @Override
    public List<RuntimeCommand> commands() {
      return new SetPublished(name, false).commands();
    }

    @Override
    public String description() {
      return "is leaving";
    }
  }

  /**
   * HAProxy refuses it while requests are in the backend, or servers. Its reply repeats what it
   * said to earlier commands, and is cut where that fills a buffer, so that of a reply of several
   * lines only a look can tell what became of it.
   */
  static RuntimeCommand deletion(String name) {
    return answered("del backend " + name, "Backend deleted.")
        .retryOn(
            "(?s).*\\n.*|Backend still has attached streams on it\\.|Only a backend without server can"
                + " be deleted\\.");
  }

  private static RuntimeCommand answered(String line, String success) {
    return RuntimeCommand.answered(line, lastLine(success.replace(".", "\\.")));
  }

  /** Before it, HAProxy 3.4 may repeat what it said to earlier commands. */
  private static String lastLine(String pattern) {
    return "(?s)(?:.*\\n)?" + pattern;
  }

  private static void requireLegal(String name) {
    if (!ServerName.legal(name)) {
      throw new IllegalArgumentException("no name of a section: " + PrintableText.quoted(name));
    }
  }
}
