package dev.rollcall.measure.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
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
    return new Results("a machine", "abc", List.of(figures));
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
  void tablesAndPlotsArePublishedInTheirPlaces() throws IOException {
    Path out = Files.createDirectory(directory.resolve("out"));
    Path page = directory.resolve("performance.md");
    Files.writeString(out.resolve("join.md"), "new join\n");
    Files.writeString(out.resolve("join.svg"), "<svg/>");
    Files.writeString(
        page,
        "a\n<!-- bench join -->\nold\n<!-- /bench -->\nb\n<!-- bench leave -->\nold\n<!-- /bench -->\n");

    BenchCommand.publish(out, page);

    assertThat(page)
        .hasContent(
            "a\n<!-- bench join -->\nnew join\n<!-- /bench -->\nb\n<!-- bench leave -->\nold\n<!-- /bench -->\n");
    assertThat(directory.resolve("performance-join.svg")).hasContent("<svg/>");
  }
}
