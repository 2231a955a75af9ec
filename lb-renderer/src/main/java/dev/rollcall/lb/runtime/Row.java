package dev.rollcall.lb.runtime;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One row of a table of HAProxy's, read by the names of its columns. */
final class Row {

  private Row() {}

  /** The first of two columns of one name counts; cells beyond the names are left out. */
  static Map<String, String> of(List<String> names, List<String> cells) {
    Map<String, String> row = new HashMap<>();
    for (int column = 0; column < Math.min(names.size(), cells.size()); column++) {
      row.putIfAbsent(names.get(column), cells.get(column));
    }
    return row;
  }

  /**
   * A cell that has to be there.
   *
   * @throws IllegalArgumentException when there is no such column
   */
  static String cell(Map<String, String> row, String name) {
    String cell = row.get(name);
    if (cell == null) {
      throw new IllegalArgumentException("no column " + name);
    }
    return cell;
  }
}
