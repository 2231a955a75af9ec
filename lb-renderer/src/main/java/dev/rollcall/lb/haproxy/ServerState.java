package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.config.ServerName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/**
 * One server of a running HAProxy: a row of {@code show servers state}. Names and address are as
 * HAProxy reports them and may be illegal in a command. Immutable.
 *
 * @param backend its name
 * @param server its name
 * @param ip its address; {@code -} when there is none
 * @param port 0 when there is none
 * @param weight as it counts now, 0 to 256
 * @param admin the bits of {@code srv_admin_state}
 * @param operation whether it serves
 * @param numbers columns that a version may not have
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3-show%20servers%20state">Management
 *     guide, show servers state</a>
 */
public record ServerState(
    String backend,
    String server,
    String ip,
    int port,
    int weight,
    int admin,
    Operation operation,
    Numbers numbers) {

  /** Asks for all servers. */
  static final String COMMAND = "show servers state";

  private static final String FORMAT = "1";
  private static final String BEGINNING = FORMAT + "\n# ";
  private static final int FORCED_MAINT = 0x01;
  private static final int CONFIGURED_MAINT = 0x04;
  private static final int FORCED_DRAIN = 0x08;

  /** Without the columns that a version may not have. */
  public ServerState(
      String backend,
      String server,
      String ip,
      int port,
      int weight,
      int admin,
      Operation operation) {
    this(backend, server, ip, port, weight, admin, operation, Numbers.none(weight));
  }

  /** The values of {@code srv_op_state}. */
  public enum Operation {
    /** Down. */
    STOPPED,
    /** Coming up with a growing share. */
    STARTING,
    /** Up. */
    RUNNING,
    /** Up, and taking no new traffic. */
    STOPPING
  }

  /**
   * Columns that a version may not have. Immutable.
   *
   * @param backend number of the backend, which no frontend has
   * @param server number of the server in its backend
   * @param initialWeight what the configuration, or the command that added the server, gave it
   * @param sinceLastChange for how long it has been up or down
   * @param check the bits of {@code srv_check_state}
   * @param checkResult {@code srv_check_result}
   * @param agent the bits of {@code srv_agent_state}
   */
  public record Numbers(
      int backend,
      long server,
      int initialWeight,
      Duration sinceLastChange,
      int check,
      int checkResult,
      int agent) {

    private static final int CONFIGURED = 0x02;
    private static final int ENABLED = 0x04;
    private static final int FAILED = 2;
    private static final int PASSED = 3;

    private static Numbers none(int weight) {
      return new Numbers(
          0, 0, weight, Duration.ZERO, CONFIGURED | ENABLED, 0, CONFIGURED | ENABLED);
    }

    /** Whether its health check is configured and was disabled. */
    public boolean checkDisabled() {
      return (check & (CONFIGURED | ENABLED)) == CONFIGURED;
    }

    /** Whether its agent check is configured and was disabled. */
    public boolean agentDisabled() {
      return (agent & (CONFIGURED | ENABLED)) == CONFIGURED;
    }

    /** Whether its last check passed. */
    public boolean checkPassed() {
      return checkResult == PASSED;
    }

    /** Whether its last check failed. */
    public boolean checkFailed() {
      return checkResult == FAILED;
    }
  }

  /** As commands write it, such as {@code be_web/web-1}. */
  public String title() {
    return backend + "/" + server;
  }

  /** Whether a command put it into maintenance. */
  public boolean maintenance() {
    return (admin & FORCED_MAINT) != 0;
  }

  /** Whether a command set it to drain. */
  public boolean draining() {
    return (admin & FORCED_DRAIN) != 0;
  }

  /** Whether its configuration has {@code disabled}; also when it was enabled since. */
  public boolean configuredMaintenance() {
    return (admin & CONFIGURED_MAINT) != 0;
  }

  /**
   * The command for one backend.
   *
   * @throws IllegalArgumentException when it is no legal name of a backend
   */
  static String command(String backend) {
    if (!ServerName.legal(backend)) {
      throw new IllegalArgumentException("no name of a backend: " + PrintableText.quoted(backend));
    }
    return COMMAND + " " + backend;
  }

  /**
   * Reads the table, version 1 of its format, by the names in its header.
   *
   * @return the servers in HAProxy's order
   * @throws RuntimeApiException when it is anything else
   */
  public static List<ServerState> parse(String reply) throws RuntimeApiException {
    return parse(reply, (backend, server) -> true);
  }

  /**
   * The same of some servers only; the rows of the others are hardly looked at.
   *
   * @param wanted whether a server, by the names of its backend and its own, is one of them
   */
  static List<ServerState> parse(String reply, BiPredicate<String, String> wanted)
      throws RuntimeApiException {
    String table = reply.strip();
    int next = table.indexOf('\n', FORMAT.length() + 1);
    String header = next < 0 ? table : table.substring(0, next);
    if (!header.startsWith(BEGINNING)) {
      throw notUnderstood(table);
    }
    Row row = new Row(table, header.substring(BEGINNING.length()));
    List<ServerState> servers = new ArrayList<>();
    while (next >= 0) {
      int start = next + 1;
      next = table.indexOf('\n', start);
      int end = next < 0 ? table.length() : next;
      if (start == end) {
        continue;
      }
      try {
        row.read(start, end);
        if (wanted.test(row.backend(), row.cell("srv_name"))) {
          servers.add(of(row));
        }
      } catch (IllegalArgumentException e) {
        throw notUnderstood(table.substring(start, end));
      }
    }
    return servers;
  }

  private static ServerState of(Row row) {
    int operation = (int) row.number("srv_op_state");
    Operation[] known = Operation.values();
    if (operation < 0 || operation >= known.length) {
      throw new IllegalArgumentException("no operational state: " + operation);
    }
    long weight = row.number("srv_uweight");
    return new ServerState(
        row.backend(),
        row.cell("srv_name"),
        row.cell("srv_addr"),
        (int) row.number("srv_port"),
        (int) weight,
        (int) row.number("srv_admin_state"),
        known[operation],
        new Numbers(
            (int) row.number("be_id", 0),
            row.number("srv_id", 0),
            (int) row.number("srv_iweight", weight),
            Duration.ofSeconds(row.number("srv_time_since_last_change", 0)),
            (int) row.number("srv_check_state", 0),
            (int) row.number("srv_check_result", 0),
            (int) row.number("srv_agent_state", 0)));
  }

  private static RuntimeApiException notUnderstood(String text) {
    return new RuntimeApiException(
        "\"" + COMMAND + "\" is not understood at " + PrintableText.quoted(text));
  }

  /** The cells of one row of a table at a time, by the names of their columns. */
  private static final class Row {

    private final String table;
    private final Map<String, Integer> columns = new HashMap<>();

    /** Where each cell starts, and where one after the last would. */
    private final int[] starts;

    /** Of the row before: most rows are of the same backend. */
    private String backend = "";

    Row(String table, String header) {
      this.table = table;
      String[] names = header.strip().split(" ", -1);
      for (int i = 0; i < names.length; i++) {
        columns.putIfAbsent(names[i], i);
      }
      starts = new int[names.length + 1];
    }

    void read(int from, int to) {
      int end = to;
      while (end > from && Character.isWhitespace(table.charAt(end - 1))) {
        end--;
      }
      int cells = 0;
      starts[0] = from;
      for (int at = table.indexOf(' ', from);
          at >= 0 && at < end;
          at = table.indexOf(' ', at + 1)) {
        if (++cells == starts.length - 1) {
          throw wrongWidth();
        }
        starts[cells] = at + 1;
      }
      if (++cells != starts.length - 1) {
        throw wrongWidth();
      }
      starts[cells] = end + 1;
    }

    private static IllegalArgumentException wrongWidth() {
      return new IllegalArgumentException("not as many cells as columns");
    }

    private int place(String column) {
      Integer place = columns.get(column);
      if (place == null) {
        throw new IllegalArgumentException("no column " + column);
      }
      return place;
    }

    String backend() {
      int place = place("be_name");
      int length = starts[place + 1] - 1 - starts[place];
      if (length != backend.length() || !table.startsWith(backend, starts[place])) {
        backend = cell("be_name");
      }
      return backend;
    }

    String cell(String column) {
      int place = place(column);
      return table.substring(starts[place], starts[place + 1] - 1);
    }

    long number(String column) {
      int place = place(column);
      return Long.parseLong(table, starts[place], starts[place + 1] - 1, 10);
    }

    long number(String column, long otherwise) {
      return columns.containsKey(column) ? number(column) : otherwise;
    }
  }
}
