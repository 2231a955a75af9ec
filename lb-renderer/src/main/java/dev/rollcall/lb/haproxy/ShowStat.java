package dev.rollcall.lb.haproxy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the servers out of {@code show stat}. Pure. */
final class ShowStat {
  /** Servers of all backends, and nothing of frontends. */
  static final String COMMAND = "@1 show stat -1 4 -1";

  private static final int MOST = 1000;
  private static final Pattern CELL =
      Pattern.compile("\\G(?:\"((?:[^\"]|\"\")*+)\"|([^,\"]*+))(?:,|$)");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

  private ShowStat() {}

  /**
   * The servers in the answer; empty if it is none. A last line that was cut off, a line that is
   * not a server's and columns that are not known count for nothing.
   */
  static Optional<List<ServerStats>> parse(String answer) {
    int header = answer.indexOf('\n');
    if (!answer.startsWith("# pxname,svname,") || header < 0) {
      return Optional.empty();
    }
    List<String> columns = cells(answer.substring(2, header));
    List<ServerStats> servers = new ArrayList<>();
    int from = header + 1;
    for (int end = answer.indexOf('\n', from);
        end >= 0 && servers.size() < MOST;
        end = answer.indexOf('\n', from)) {
      List<String> cells = cells(answer.substring(from, end));
      from = end + 1;
      if (cells.size() >= columns.size()) {
        servers.add(server(row(columns, cells)));
      }
    }
    return Optional.of(servers);
  }

  private static ServerStats server(Map<String, String> row) {
    return new ServerStats(
        row.getOrDefault("pxname", ""),
        row.getOrDefault("svname", ""),
        row.getOrDefault("addr", ""),
        row.getOrDefault("status", ""),
        row.getOrDefault("check_status", ""),
        small(row, "weight"),
        small(row, "rate"),
        small(row, "scur"),
        number(row, "stot"),
        number(row, "econ") + number(row, "eresp") + number(row, "hrsp_5xx"));
  }

  private static Map<String, String> row(List<String> columns, List<String> cells) {
    Map<String, String> row = new HashMap<>();
    for (int i = 0; i < columns.size(); i++) {
      row.put(columns.get(i), cells.get(i));
    }
    return row;
  }

  private static int small(Map<String, String> row, String column) {
    return (int) Math.min(Integer.MAX_VALUE, number(row, column));
  }

  private static long number(Map<String, String> row, String column) {
    String text = row.getOrDefault(column, "");
    return NUMBER.matcher(text).matches() ? Long.parseLong(text) : 0;
  }

  private static List<String> cells(String line) {
    List<String> cells = new ArrayList<>();
    Matcher cell = CELL.matcher(line);
    while (cell.find() && cell.start() < line.length()) {
      cells.add(cell.group(1) == null ? cell.group(2) : cell.group(1).replace("\"\"", "\""));
    }
    return cells;
  }
}
