package dev.rollcall.lb.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The servers of a running HAProxy: the answer to {@code show servers state}. Immutable.
 *
 * @param servers in HAProxy's order
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3-show%20servers%20state">Management
 *     guide, show servers state</a>
 */
public record ServersState(List<ServerState> servers) {

  /** The command. */
  public static final String COMMAND = "show servers state";

  private static final String FORMAT = "1";

  /** Copies the list. */
  public ServersState {
    servers = List.copyOf(servers);
  }

  /**
   * Reads the table, version 1 of its format, by the names in its header.
   *
   * @throws RuntimeApiException when it is anything else
   */
  public static ServersState parse(String answer) throws RuntimeApiException {
    List<String> lines = answer.lines().filter(line -> !line.isBlank()).toList();
    if (lines.size() < 2 || !lines.get(0).equals(FORMAT) || !lines.get(1).startsWith("# ")) {
      throw notUnderstood(answer);
    }
    List<String> names = List.of(lines.get(1).substring(2).strip().split(" +"));
    List<ServerState> servers = new ArrayList<>();
    for (String line : lines.subList(2, lines.size())) {
      List<String> cells = List.of(line.strip().split(" +"));
      if (cells.size() != names.size()) {
        throw notUnderstood(line);
      }
      servers.add(server(Row.of(names, cells), line));
    }
    return new ServersState(servers);
  }

  private static ServerState server(Map<String, String> row, String line)
      throws RuntimeApiException {
    try {
      return new ServerState(
          Row.cell(row, "be_name"),
          Row.cell(row, "srv_name"),
          Row.cell(row, "srv_addr"),
          Integer.parseInt(Row.cell(row, "srv_port")),
          Integer.parseInt(Row.cell(row, "srv_uweight")),
          new AdminState(Integer.parseInt(Row.cell(row, "srv_admin_state"))),
          operation(Integer.parseInt(Row.cell(row, "srv_op_state"))));
    } catch (IllegalArgumentException e) {
      throw notUnderstood(line);
    }
  }

  private static ServerState.Operation operation(int value) {
    ServerState.Operation[] known = ServerState.Operation.values();
    if (value < 0 || value >= known.length) {
      throw new IllegalArgumentException("no operational state: " + value);
    }
    return known[value];
  }

  private static RuntimeApiException notUnderstood(String text) {
    return new RuntimeApiException("\"" + COMMAND + "\" is not understood at " + Excerpt.of(text));
  }
}
