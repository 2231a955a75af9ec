package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.StatsReport.ServerStats;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The reply to {@code show stat}: CSV, read by the names in its header, since columns differ by
 * version. Immutable.
 *
 * @param columns their names
 * @param rows the cells of each; a truncated row has fewer
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.1">Management guide, 9.1</a>
 */
record ShowStat(List<String> columns, List<List<String>> rows) {

  /** Asks for the servers of all backends. */
  static final String COMMAND = "show stat -1 4 -1";

  /** Asks for all backends, without their servers. */
  static final String BACKENDS = "show stat -1 2 -1";

  private static final String UNPUBLISHED = "(UNPUB)";
  private static final int MAX_SERVERS = 1000;
  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

  /**
   * The command for the servers of one backend, by its id: a frontend may have the same name.
   *
   * @throws IllegalArgumentException when it is no legal id
   */
  static String command(int backend) {
    if (backend < 1) {
      throw new IllegalArgumentException("no number of a backend: " + backend);
    }
    return "show stat " + backend + " 4 -1";
  }

  /**
   * The command for one server, by its id and that of its backend.
   *
   * @throws IllegalArgumentException when one of them is no legal id
   */
  static String command(int backend, long server) {
    if (server < 1) {
      throw new IllegalArgumentException("no number of a server: " + server);
    }
    return command(backend).replace(" -1", " " + server);
  }

  /**
   * Reads the table.
   *
   * @throws RuntimeApiException when it is no such table
   */
  static ShowStat parse(String reply) throws RuntimeApiException {
    if (!reply.startsWith("# pxname,")) {
      throw new RuntimeApiException(
          "\"show stat\" is not understood at " + PrintableText.quoted(reply));
    }
    List<List<String>> records = records(reply.substring(2));
    return new ShowStat(records.get(0), records.subList(1, records.size()));
  }

  /** Comma separated values; what has a comma or a quote in it is quoted. */
  private static List<List<String>> records(String text) {
    List<List<String>> records = new ArrayList<>();
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : '\n';
      if (c == '"') {
        // A doubled quote is a quote.
        if (!quoted && i > 0 && text.charAt(i - 1) == '"') {
          cell.append(c);
        }
        quoted = !quoted;
      } else if (quoted && i < text.length()) {
        cell.append(c);
      } else if (c == ',' || c == '\n') {
        cells.add(cell.toString());
        cell.setLength(0);
        if (c == '\n') {
          if (cells.size() > 1 || !cells.get(0).isEmpty()) {
            records.add(cells);
          }
          cells = new ArrayList<>();
        }
      } else {
        cell.append(c);
      }
    }
    return records;
  }

  /** The row of a server, by column; empty when there is none. */
  Optional<Map<String, String>> server(ServerName name) {
    int backend = columns.indexOf("pxname");
    int server = columns.indexOf("svname");
    return rows.stream()
        .filter(row -> has(row, server, name.server()) && has(row, backend, name.backend()))
        .findFirst()
        .map(this::byColumn);
  }

  /**
   * The current and the queued sessions of a server.
   *
   * @return empty when there is no such server
   * @throws RuntimeApiException when a number is missing or none
   */
  Optional<Long> sessions(ServerName name) throws RuntimeApiException {
    Optional<Map<String, String>> row = server(name);
    return row.isEmpty() ? Optional.empty() : Optional.of(sessions(row.get()));
  }

  private static long sessions(Map<String, String> cells) throws RuntimeApiException {
    try {
      return Long.parseLong(cells.getOrDefault("scur", "no column scur"))
          + Long.parseLong(cells.getOrDefault("qcur", "no column qcur"));
    } catch (NumberFormatException e) {
      throw new RuntimeApiException("\"show stat\" is not understood: " + e.getMessage(), e);
    }
  }

  /**
   * The backends, by name.
   *
   * @throws RuntimeApiException when a number is missing or none
   */
  Map<String, BackendTable.Row> backends() throws RuntimeApiException {
    Map<String, BackendTable.Row> backends = new HashMap<>();
    for (List<String> row : rows) {
      Map<String, String> cells = byColumn(row);
      backends.put(
          cells.getOrDefault("pxname", ""),
          new BackendTable.Row(
              !cells.getOrDefault("status", "").contains(UNPUBLISHED), sessions(cells)));
    }
    return backends;
  }

  /** The first 1000 servers. Missing cells are empty or 0; a truncated row is left out. */
  List<ServerStats> servers() {
    return rows.stream()
        .filter(row -> row.size() >= columns.size())
        .limit(MAX_SERVERS)
        .map(this::byColumn)
        .map(
            row ->
                new ServerStats(
                    row.getOrDefault("pxname", ""),
                    row.getOrDefault("svname", ""),
                    row.getOrDefault("addr", ""),
                    row.getOrDefault("status", ""),
                    row.getOrDefault("check_status", ""),
                    small(row, "weight"),
                    small(row, "rate"),
                    small(row, "scur"),
                    number(row, "stot"),
                    number(row, "econ") + number(row, "eresp") + number(row, "hrsp_5xx")))
        .toList();
  }

  private static int small(Map<String, String> row, String column) {
    return (int) Math.min(Integer.MAX_VALUE, number(row, column));
  }

  private static long number(Map<String, String> row, String column) {
    String text = row.getOrDefault(column, "");
    return NUMBER.matcher(text).matches() ? Long.parseLong(text) : 0;
  }

  private static boolean has(List<String> row, int column, String value) {
    return column >= 0 && column < row.size() && row.get(column).equals(value);
  }

  /** The first of two columns of one name counts; cells without a column are left out. */
  private Map<String, String> byColumn(List<String> row) {
    Map<String, String> cells = new HashMap<>();
    for (int i = 0; i < Math.min(columns.size(), row.size()); i++) {
      cells.putIfAbsent(columns.get(i), row.get(i));
    }
    return cells;
  }
}
