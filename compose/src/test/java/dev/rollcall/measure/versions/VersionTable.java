package dev.rollcall.measure.versions;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The table of docs/versions.md: one row for each version and each part of the tests that ran with
 * it. Immutable.
 *
 * @param rows in the order of the table
 */
record VersionTable(List<Row> rows) {

  private static final String HEAD =
      """
      | with | version | tests of | passed | failed | left out | when, at which commit |
      |---|---|---|---:|---:|---:|---|
      """;
  private static final Pattern CELLS = Pattern.compile("\\s*\\|\\s*");
  private static final Pattern DIGITS = Pattern.compile("\\d+");

  /**
   * What tests came to with one version.
   *
   * @param product such as {@code Consul}
   * @param version such as {@code 1.14.11}
   * @param tests which tests, such as a module's name
   * @param passed how many passed
   * @param failed how many failed
   * @param leftOut how many were left out
   * @param when the date, and the commit
   */
  record Row(
      String product,
      String version,
      String tests,
      long passed,
      long failed,
      long leftOut,
      String when) {

    private String key() {
      return product + "|" + version + "|" + tests;
    }

    private String line() {
      return "| %s | %s | %s | %d | %d | %d | %s |%n"
          .formatted(product, version, tests, passed, failed, leftOut, when);
    }
  }

  VersionTable {
    rows =
        rows.stream()
            .sorted(
                Comparator.comparing(Row::product)
                    .thenComparing(row -> sortable(row.version()))
                    .thenComparing(Row::tests))
            .toList();
  }

  /** The table that a page has; whatever else it says is no part of it. */
  static VersionTable in(String page) {
    List<Row> rows = new ArrayList<>();
    for (String line : page.lines().filter(text -> text.startsWith("| ")).toList()) {
      String[] cells = CELLS.split(line.substring(2), -1);
      if (cells.length == 8 && DIGITS.matcher(cells[3]).matches()) {
        rows.add(
            new Row(
                cells[0],
                cells[1],
                cells[2],
                Long.parseLong(cells[3]),
                Long.parseLong(cells[4]),
                Long.parseLong(cells[5]),
                cells[6]));
      }
    }
    return new VersionTable(rows);
  }

  /** These rows, and those of this table that say something of other versions or other tests. */
  VersionTable with(List<Row> newer) {
    Map<String, Row> all =
        rows.stream()
            .collect(Collectors.toMap(Row::key, Function.identity(), (a, b) -> b, TreeMap::new));
    newer.forEach(row -> all.put(row.key(), row));
    return new VersionTable(List.copyOf(all.values()));
  }

  /** The page with this table in place of its own, or at its end. */
  String into(String page) {
    String table = HEAD + rows.stream().map(Row::line).collect(Collectors.joining());
    int begin = page.indexOf(HEAD);
    if (begin < 0) {
      return page + table;
    }
    int end = begin + HEAD.length();
    while (page.startsWith("|", end)) {
      int next = page.indexOf('\n', end);
      end = next < 0 ? page.length() : next + 1;
    }
    return page.substring(0, begin) + table + page.substring(end);
  }

  private static String sortable(String version) {
    return DIGITS
        .matcher(version)
        .replaceAll(number -> "%06d".formatted(Long.parseLong(number.group())));
  }
}
