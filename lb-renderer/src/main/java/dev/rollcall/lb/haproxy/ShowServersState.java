package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.Excerpt;
import dev.rollcall.lb.config.ServerName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The servers of a running HAProxy: the answer to {@code show servers state}. Immutable.
 *
 * @param servers in HAProxy's order
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3-show%20servers%20state">Management
 *     guide, show servers state</a>
 */
public record ShowServersState(List<ServerState> servers) {

  /** The command. */
  public static final String COMMAND = "show servers state";

  private static final String FORMAT = "1";

  /**
   * The command for one backend alone. A frontend may have its name.
   *
   * @throws IllegalArgumentException when it cannot be a backend's name
   */
  static String of(String backend) {
    if (!ServerName.legal(backend)) {
      throw new IllegalArgumentException("no name of a backend: " + Excerpt.of(backend));
    }
    return COMMAND + " " + backend;
  }

  /** Copies the list. */
  public ShowServersState {
    servers = List.copyOf(servers);
  }

  /**
   * Reads the table, version 1 of its format, by the names in its header.
   *
   * @throws RuntimeApiException when it is anything else
   */
  public static ShowServersState parse(String answer) throws RuntimeApiException {
    List<String> lines = answer.lines().filter(line -> !line.isBlank()).toList();
    if (lines.size() < 2 || !lines.get(0).equals(FORMAT) || !lines.get(1).startsWith("# ")) {
      throw notUnderstood(answer);
    }
    Cells header = new Cells();
    header.read(lines.get(1).substring(2));
    Map<String, Integer> columns = new HashMap<>();
    for (int place = 0; place < header.count(); place++) {
      columns.putIfAbsent(header.at(place), place);
    }
    List<ServerState> servers = new ArrayList<>();
    Cells cells = new Cells();
    for (String line : lines.subList(2, lines.size())) {
      cells.read(line);
      if (cells.count() != header.count()) {
        throw notUnderstood(line);
      }
      servers.add(server(columns, cells, line));
    }
    return new ShowServersState(servers);
  }

  private static String cell(Map<String, Integer> columns, Cells cells, String name) {
    Integer place = columns.get(name);
    if (place == null) {
      throw new IllegalArgumentException("no column " + name);
    }
    return cells.at(place);
  }

  private static ServerState server(Map<String, Integer> columns, Cells cells, String line)
      throws RuntimeApiException {
    try {
      return new ServerState(
          cell(columns, cells, "be_name"),
          cell(columns, cells, "srv_name"),
          cell(columns, cells, "srv_addr"),
          Integer.parseInt(cell(columns, cells, "srv_port")),
          Integer.parseInt(cell(columns, cells, "srv_uweight")),
          new AdminState(Integer.parseInt(cell(columns, cells, "srv_admin_state"))),
          operation(Integer.parseInt(cell(columns, cells, "srv_op_state"))),
          numbers(columns, cells));
    } catch (IllegalArgumentException e) {
      throw notUnderstood(line);
    }
  }

  /** Columns that a version may not have. */
  private static ServerState.Numbers numbers(Map<String, Integer> columns, Cells cells) {
    long weight = number(columns, cells, "srv_uweight", 1);
    return new ServerState.Numbers(
        (int) number(columns, cells, "be_id", 0),
        number(columns, cells, "srv_id", 0),
        (int) number(columns, cells, "srv_iweight", weight),
        Duration.ofSeconds(number(columns, cells, "srv_time_since_last_change", 0)),
        (int) number(columns, cells, "srv_check_state", 0),
        (int) number(columns, cells, "srv_check_result", 0),
        (int) number(columns, cells, "srv_agent_state", 0));
  }

  private static long number(
      Map<String, Integer> columns, Cells cells, String name, long otherwise) {
    return columns.containsKey(name) ? Long.parseLong(cell(columns, cells, name)) : otherwise;
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
