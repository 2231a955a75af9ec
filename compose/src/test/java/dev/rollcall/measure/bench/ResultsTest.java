package dev.rollcall.measure.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
  @TempDir private Path directory;

  private static Figure figure(String name, String value, @Nullable String noise) {
    return new Figure(
        "join", name, new BigDecimal(value), "ms", noise == null ? null : new BigDecimal(noise));
  }

  private static Results results(Figure... figures) {
    return new Results("a machine", "abc", List.of(figures), List.of());
  }

  @Test
  void theFileHasAFigureALineWithTheDigitsThatAreShown() throws IOException {
    Path file = directory.resolve("results.json");

    results(figure("p99 of \"x\"", "50.0", null), figure("median", "1.5", "0.250")).write(file);

    assertThat(Files.readString(file))
        .isEqualTo(
            """
            {"machine": "a machine", "commit": "abc", "figures": [
              {"benchmark":"join","what":"p99 of \\"x\\"","value":50.0,"unit":"ms"},
              {"benchmark":"join","what":"median","value":1.5,"unit":"ms","noise":0.250}
            ], "ratios": [
            ]}
            """);
    assertThat(Results.read(file).figures()).hasSize(2);
  }

  @Test
  void aFileWithoutFiguresIsNone() throws IOException {
    Path file = Files.writeString(directory.resolve("results.json"), "{}");
    Path text = Files.writeString(directory.resolve("results.md"), "no JSON");

    assertThatThrownBy(() -> Results.read(file)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Results.read(text)).isInstanceOf(IOException.class);
  }

  @Test
  void aFigureHasMovedWhenItDiffersByMoreThanTheNoiseOfEither() {
    Results before = results(figure("a, median of 10", "100", "0.2"), figure("b", "100", null));

    assertThat(
            results(figure("a, median of 3", "119", "0.1"), figure("b", "111", null))
                .movedSince(before))
        .containsExactly(
            "  moved     join: b: 100 to 111 ms (+11 %, noise 10 %)",
            "  1 of 2 figures moved by more than the noise");
  }

  @Test
  void figuresThatOnlyOneRunHasAreNamed() {
    assertThat(results(figure("new", "1", null)).movedSince(results(figure("old", "0", null))))
        .containsExactly(
            "  new       join: new: 1 ms",
            "  gone      join: old: 0 ms",
            "  0 of 0 figures moved by more than the noise");
  }

  @Test
  void whatWasNothingHasMovedWhenItIsSomething() {
    assertThat(results(figure("lost", "1", null)).movedSince(results(figure("lost", "0", null))))
        .first()
        .isEqualTo("  moved     join: lost: 0 to 1 ms (from nothing, noise 10 %)");
  }

  private static Ratio ratio(String benchmark, double value, int rounds) {
    List<Double> theirs = new ArrayList<>();
    List<Double> ours = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      theirs.add(value * (10 + round % 3));
      ours.add(10.0 + round % 4);
    }
    return new Ratio(benchmark, "theirs by ours", false, theirs, ours);
  }

  private static Results withRatios(Ratio... ratios) {
    return new Results("a machine", "abc", List.of(figure("a", "1", null)), List.of(ratios));
  }

  @Test
  void aRatioThatIsWorseByMoreThanItsNoiseFailsTheComparison() {
    Results before = withRatios(ratio("join", 3, 40), ratio("leave", 3, 40));
    Results now = withRatios(ratio("join", 2, 40), ratio("leave", 3, 40));

    Results.Comparison comparison = now.comparedWith(before);
    assertThat(comparison.lines())
        .hasSize(2)
        .first()
        .asString()
        .startsWith(
            "  worse     join: theirs by ours: 2.87 to 1.91 times (by 0.67; with noise 0.5");
    assertThat(comparison.lines())
        .last()
        .isEqualTo("  1 of 2 ratios are worse by more than the noise of their rounds");
    assertThat(BenchCommand.compare(now, before, "before.json")).isEqualTo(BenchCommand.WORSE);
    assertThat(BenchCommand.compare(before, now, "now.json")).isZero();
    assertThat(BenchCommand.compare(now, now, "now.json")).isZero();
  }

  @Test
  void whatCanNotBeJudgedIsNoSuccess() {
    Results few = withRatios(ratio("join", 3, 5));
    Results none = results(figure("a", "1", null));

    assertThat(few.comparedWith(few).lines())
        .first()
        .isEqualTo("  unknown   join: theirs by ours: fewer than 10 rounds");
    assertThat(BenchCommand.compare(few, few, "few.json")).isEqualTo(BenchCommand.NOTHING_TO_JUDGE);
    assertThat(BenchCommand.compare(few, none, "none.json"))
        .isEqualTo(BenchCommand.NOTHING_TO_JUDGE);
  }

  @Test
  void aFileOfAnOlderVersionHasNoRatios() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("results.json"),
            """
            {"machine": "a machine", "commit": "abc", "figures": [
              {"benchmark":"join","what":"median","value":1.5,"unit":"ms"}
            ]}
            """);

    assertThat(Results.read(file).comparedWith(withRatios(ratio("join", 3, 40))).judged()).isZero();
  }

  @Test
  void resultsAreOfTheSameStateIfCommitAndMachineAreTheSameWhateverTheDay() {
    Results clean = new Results("cpu, 2 cores, 2026-12-01", "abc", List.of(), List.of());
    Results changed = new Results("cpu, 2 cores, 2026-12-01", "abc-dirty", List.of(), List.of());

    assertThat(clean.areOf("abc", "cpu, 2 cores, 2026-12-02")).isTrue();
    assertThat(clean.areOf("abc", "cpu, 4 cores, 2026-12-01")).isFalse();
    assertThat(clean.areOf("def", "cpu, 2 cores, 2026-12-01")).isFalse();
    assertThat(changed.areOf("abc-dirty", "cpu, 2 cores, 2026-12-01")).isFalse();
  }

  @Test
  void publishedResultsKeepTheBenchmarksThatWereNotMeasuredAgain() throws IOException {
    Path published = directory.resolve("performance.json");
    Path json = directory.resolve("results.json");
    withRatios(ratio("join", 3, 10)).write(json);
    BenchCommand.publishResults(json, published);
    assertThat(published).hasSameTextualContentAs(json);

    Figure leave = new Figure("leave", "a", new BigDecimal("1"), "ms", null);
    new Results("a machine", "def", List.of(leave), List.of(ratio("leave", 3, 10))).write(json);
    BenchCommand.publishResults(json, published);

    Results now = Results.read(published);
    assertThat(now.figures()).extracting(Figure::benchmark).containsExactly("leave", "join");
    assertThat(now.ratios()).extracting(Ratio::benchmark).containsExactly("leave", "join");
    assertThat(now.comparedWith(now).judged()).isEqualTo(2);
  }

  @Test
  void notesStandBelowTheTable() {
    assertThat(Results.markdown(List.of(figure("a", "1", "0.685")), List.of("a note")))
        .isEqualTo(
            """
            | | value | unit | noise |
            |---|---:|---|---:|
            | a | 1 | ms | 68 % |

            - a note
            """);
  }

  @Test
  void aTableBeginsWithItsRatios() {
    Figure first = figure("b", "2", null);
    Figure ratio = ratio("join", 1.5, 1).figure();

    assertThat(Results.markdown(List.of(first, figure("a", "1", null), ratio), List.of()))
        .isEqualTo(
            """
            | | value | unit | noise |
            |---|---:|---|---:|
            | theirs by ours | 1.50 | times |  |
            | b | 2 | ms |  |
            | a | 1 | ms |  |
            """);
  }

  @Test
  void tablesAndPlotsArePublishedInTheirPlaces() throws IOException {
    Path out = Files.createDirectory(directory.resolve("out"));
    Path page = directory.resolve("performance.md");
    Files.writeString(out.resolve("first-join.md"), "new join\n");
    Files.writeString(out.resolve("join.svg"), "<svg/>");
    Files.writeString(
        page,
        "a\n<!-- bench first-join -->\nold\n<!-- /bench -->\nb\n<!-- bench leave -->\nold\n<!-- /bench -->\n");

    BenchCommand.publish(out, page);

    assertThat(page)
        .hasContent(
            "a\n<!-- bench first-join -->\nnew join\n<!-- /bench -->\nb\n<!-- bench leave -->\nold\n<!-- /bench -->\n");
    assertThat(directory.resolve("performance-join.svg")).hasContent("<svg/>");
  }
}
