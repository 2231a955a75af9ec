package dev.rollcall.lb.haproxy;

import java.util.ArrayList;
import java.util.List;

/** Comma separated values as HAProxy writes them: what has a comma or a quote in it is quoted. */
final class Csv {

  private Csv() {}

  /** All records that are not empty; each has at least one cell. */
  static List<List<String>> parse(String text) {
    List<List<String>> records = new ArrayList<>();
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (quoted && c == '"' && at + 1 < text.length() && text.charAt(at + 1) == '"') {
        cell.append(c);
        at++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && c == ',') {
        cells.add(take(cell));
      } else if (!quoted && c == '\n') {
        end(records, cells, cell);
        cells = new ArrayList<>();
      } else {
        cell.append(c);
      }
    }
    end(records, cells, cell);
    return records;
  }

  private static void end(List<List<String>> records, List<String> cells, StringBuilder cell) {
    if (!cells.isEmpty() || cell.length() > 0) {
      cells.add(take(cell));
      records.add(cells);
    }
  }

  private static String take(StringBuilder cell) {
    String text = cell.toString();
    cell.setLength(0);
    return text;
  }
}
