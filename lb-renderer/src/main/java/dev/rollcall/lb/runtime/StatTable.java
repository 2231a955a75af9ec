package dev.rollcall.lb.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * HAProxy's statistics: the answer to {@code show stat}, read by the names in its header, because
 * the columns differ by version. Immutable.
 *
 * @param rows each by column name
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.1">Management guide, 9.1</a>
 */
public record StatTable(List<Map<String, String>> rows) {

  /** Copies the list and its rows. */
  public StatTable {
    rows = rows.stream().map(Map::copyOf).toList();
  }

  /**
   * The command for the servers of one backend.
   *
   * @throws IllegalArgumentException when it cannot be a backend's name
   */
  public static String ofServers(String backend) {
    if (!ServerName.legal(backend)) {
      throw new IllegalArgumentException("no name of a backend: " + Excerpt.of(backend));
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
    names.set(0, "pxname");
    return new StatTable(
        records.subList(1, records.size()).stream().map(cells -> Row.of(names, cells)).toList());
  }

  /** The row of a server; empty when there is none. */
  public Optional<Map<String, String>> server(ServerName name) {
    return rows.stream()
        .filter(row -> name.backend().equals(row.get("pxname")))
        .filter(row -> name.server().equals(row.get("svname")))
        .findFirst();
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
      return Optional.of(
          Long.parseLong(Row.cell(row.get(), "scur"))
              + Long.parseLong(Row.cell(row.get(), "qcur")));
    } catch (IllegalArgumentException e) {
      throw new RuntimeApiException("\"show stat\" is not understood: " + e.getMessage(), e);
    }
  }
}
