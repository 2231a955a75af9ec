package dev.rollcall.measure.faults;

import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.load.LoadRecord;
import dev.rollcall.measure.load.LoadTest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What each fault did and what it should have: a row each, kept in {@code ledger.tsv} at once. */
public final class FaultReport {
  static final String KEPT = "kept";

  private static final String HEAD =
      """
      | fault | requests | GET failed | POST failed | kinds | delivered twice | longest stall | pool right after | besides | verdict |
      |---|---:|---:|---:|---|---:|---:|---|---|---|
      """;

  private final Path file;
  private final List<Row> rows = new ArrayList<>();

  /** One fault's row; all numbers as the table has them. */
  public record Row(
      String name,
      String words,
      LoadRecord.Result load,
      String times,
      String promises,
      String verdict) {
    /** True if every promise was kept. */
    public boolean kept() {
      return verdict.equals(KEPT);
    }

    /** The columns of the file. */
    List<String> cells() {
      return List.of(
          name,
          words,
          Integer.toString(load.requests()),
          Integer.toString(load.getFailed()),
          Integer.toString(load.postFailed()),
          load.kinds().isEmpty() ? "-" : load.kinds(),
          Integer.toString(load.twice()),
          String.format(Locale.ROOT, "%.1f", load.stall()),
          times,
          promises,
          verdict);
    }

    String markdown() {
      List<String> cells = cells();
      return "| `%s`: %s s | %s | %s | %s |"
          .formatted(
              name,
              String.join(" | ", cells.subList(1, 8)),
              times,
              promises,
              kept() ? KEPT : "**not kept**: " + verdict);
    }
  }

  /** A report without rows, kept in that directory. */
  public FaultReport(Path directory) {
    file = directory.resolve("ledger.tsv");
    MeasurementRun.write(file, "");
  }

  /**
   * Judges what the load shows, and what was found besides; tells it.
   *
   * @param get how many GETs may fail, or {@link Fault#ANY}
   * @param post how many POSTs may fail, or {@link Fault#ANY}
   */
  public Row enter(
      String name, String words, int get, int post, LoadRecord.Result load, Findings findings) {
    List<String> shortfalls = new ArrayList<>(findings.shortfalls());
    shortfalls.addAll(shortfalls(get, post, load));
    Row row =
        new Row(
            name,
            words,
            load,
            findings.times(),
            findings.promises(),
            shortfalls.isEmpty() ? KEPT : String.join("; ", shortfalls));
    rows.add(row);
    MeasurementRun.write(file, tsv());
    MeasurementRun.say(
        "  %d requests, failed %d GET and %d POST%s, %d twice, stall %.1f s, pool right: %s: %s",
        load.requests(),
        load.getFailed(),
        load.postFailed(),
        load.kinds().isEmpty() ? "" : " (" + load.kinds() + ")",
        load.twice(),
        load.stall(),
        row.times,
        row.verdict);
    return row;
  }

  /** What the load shows that should not be. */
  static List<String> shortfalls(int get, int post, LoadRecord.Result load) {
    List<String> shortfalls = new ArrayList<>();
    if (get != Fault.ANY && load.getFailed() > get) {
      shortfalls.add("%d GET failed, not %d".formatted(load.getFailed(), get));
    }
    if (post != Fault.ANY && load.postFailed() > post) {
      shortfalls.add("%d POST failed, not %d".formatted(load.postFailed(), post));
    }
    if (load.twice() > 0) {
      shortfalls.add(load.twice() + " delivered twice");
    }
    if (load.unrecorded() > 0) {
      shortfalls.add(load.unrecorded() + " answered POSTs not in the record");
    }
    // Three quarters of the rate: otherwise nothing was lost because nothing was asked.
    if (load.requests() < load.seconds() * 3 * LoadTest.RATE) {
      shortfalls.add("only %d requests in %d s".formatted(load.requests(), load.seconds()));
    }
    return shortfalls;
  }

  /** True if no row says otherwise. */
  public boolean allKept() {
    return rows.stream().allMatch(Row::kept);
  }

  int requests() {
    return rows.stream().mapToInt(row -> row.load.requests()).sum();
  }

  /** The rows as a table of Markdown. */
  public String table() {
    StringBuilder table = new StringBuilder(HEAD);
    rows.forEach(row -> table.append(row.markdown()).append('\n'));
    return table.toString();
  }

  private String tsv() {
    StringBuilder text = new StringBuilder();
    rows.forEach(row -> text.append(String.join("\t", row.cells())).append('\n'));
    return text.toString();
  }
}
