package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.Excerpt;
import dev.rollcall.lb.config.ServerName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * HAProxy's statistics: the answer to {@code show stat}, read by the names in its header, because
 * the columns differ by version. Of thousands of rows, those asked for are looked at alone.
 * Immutable.
 *
 * @param names of the columns
 * @param rows the cells of each, in the order of the names
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.1">Management guide, 9.1</a>
 */
public record StatTable(List<String> names, List<List<String>> rows) {

  private static final String BACKEND = "pxname";
  private static final String SERVER = "svname";

  /** Copies the lists. */
  public StatTable {
    names = List.copyOf(names);
    rows = List.copyOf(rows);
  }

  /**
   * The command for the servers of one backend, by its number: by its name HAProxy finds a frontend
   * of that name first.
   *
   * @throws IllegalArgumentException when it can be no number of a backend
   */
  public static String ofServers(int backend) {
    if (backend < 1) {
      throw new IllegalArgumentException("no number of a backend: " + backend);
    }
    return "show stat " + backend + " 4 -1";
  }

  /**
   * Reads the table.
   *
   * @throws RuntimeApiException when it is no such table
   */
  public static StatTable parse(String answer) throws RuntimeApiException {
    List<List<String>> records = Csv.parse(answer);
    if (records.isEmpty() || !records.get(0).get(0).equals("# pxname")) {
      throw new RuntimeApiException("\"show stat\" is not understood at " + Excerpt.of(answer));
    }
    List<String> names = new ArrayList<>(records.get(0));
    names.set(0, BACKEND);
    return new StatTable(names, records.subList(1, records.size()));
  }

  /** The row of a server, by column; empty when there is none. */
  public Optional<Map<String, String>> server(ServerName name) {
    int backend = names.indexOf(BACKEND);
    int server = names.indexOf(SERVER);
    return rows.stream()
        .filter(row -> has(row, server, name.server()) && has(row, backend, name.backend()))
        .findFirst()
        .map(this::byColumn);
  }

  private static boolean has(List<String> row, int column, String value) {
    return column >= 0 && column < row.size() && row.get(column).equals(value);
  }

  /** The first of two columns of one name counts; cells beyond the names are left out. */
  private Map<String, String> byColumn(List<String> row) {
    Map<String, String> cells = new HashMap<>();
    for (int column = 0; column < Math.min(names.size(), row.size()); column++) {
      cells.putIfAbsent(names.get(column), row.get(column));
    }
    return cells;
  }

  /**
   * How many requests a server has in hand: those at it and those in its queue.
   *
   * @return empty when there is no such server
   * @throws RuntimeApiException when a figure is missing or none
   */
  public Optional<Long> sessions(ServerName name) throws RuntimeApiException {
    Optional<Map<String, String>> row = server(name);
    if (row.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(figure(row.get(), "scur") + figure(row.get(), "qcur"));
    } catch (IllegalArgumentException e) {
      throw new RuntimeApiException("\"show stat\" is not understood: " + e.getMessage(), e);
    }
  }

  private static long figure(Map<String, String> row, String column) {
    String cell = row.get(column);
    if (cell == null) {
      throw new IllegalArgumentException("no column " + column);
    }
    return Long.parseLong(cell);
  }
}
