package dev.rollcall.lb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.update.UpdatePlanner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The reference pages of lb-renderer say what the program says of itself. */
class LbRendererPageTest {
  private static final Path REFERENCE = Path.of("../docs/reference");
  private static final Path PAGE = REFERENCE.resolve("lb-renderer.md");
  private static final Path TEMPLATES = REFERENCE.resolve("template-language.md");
  private static final Path MESSAGES = REFERENCE.resolve("messages.md");
  private static final Path RUN_TIME = REFERENCE.resolve("run-time-changes.md");
  private static final Path SOURCES = Path.of("src/main/java");
  private static final Path LIBRARY = Path.of("../discovery-core/src/main/java");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final int SHORTEST_FRAGMENT = 4;

  /** One row of a table of options. */
  private record Row(String option, String value, List<String> commands) {
    static Row of(List<String> cells) {
      return new Row(
          cells.get(0).replace("`", ""), cells.get(1), List.of(cells.get(2).split(", ")));
    }
  }

  private static List<String> section(Path page, String title) throws IOException {
    List<String> lines = Files.readAllLines(page);
    int from = lines.indexOf("## " + title);
    assertThat(from).as(title).isNotNegative();
    return lines.subList(from + 1, lines.size()).stream()
        .takeWhile(line -> !line.startsWith("## "))
        .toList();
  }

  private static List<String> cells(String row) {
    return Arrays.stream(row.split("\\|", -1)).skip(1).map(String::strip).toList();
  }

  private static List<Row> options() throws IOException {
    return section(PAGE, "Options").stream()
        .filter(line -> line.startsWith("| `-"))
        .map(line -> Row.of(cells(line)))
        .toList();
  }

  private static Row written(String command, OptionSpec option) {
    String label = option.arity().max() == 0 ? "" : " " + option.paramLabel();
    String value = option.defaultValue();
    if (value == null) {
      value = option.arity().max() == 0 ? "no" : "none";
    }
    return new Row(option.longestName() + label, value, List.of(command));
  }

  private static List<Row> program() {
    PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true, UTF_8);
    CommandLine program = new RootCommand(Map.of(), nowhere, nowhere).commandLine();
    return program.getSubcommands().entrySet().stream()
        .flatMap(
            command ->
                command.getValue().getCommandSpec().options().stream()
                    .filter(option -> !option.usageHelp() && !option.versionHelp())
                    .map(option -> written(command.getKey(), option)))
        .toList();
  }

  @Test
  void hasEveryOptionOfEveryCommandWithItsDefault() throws IOException {
    List<Row> onThePage =
        options().stream()
            .flatMap(
                row ->
                    row.commands().stream()
                        .map(command -> new Row(row.option(), row.value(), List.of(command))))
            .toList();
    assertThat(program()).hasSizeGreaterThan(20);
    assertThat(onThePage).containsExactlyInAnyOrderElementsOf(program());
  }

  @Test
  void hasEveryExitCodeWithItsMeaning() throws IOException {
    List<String> rows =
        section(PAGE, "Exit codes").stream().filter(line -> line.matches("\\| [0-9].*")).toList();
    assertThat(rows)
        .isEqualTo(
            Arrays.stream(ExitCode.values())
                .map(code -> "| " + code.number() + " | " + code.meaning() + " |")
                .toList());
  }

  @Test
  void explainsOnlyMessagesThatAreWritten() throws IOException {
    String text = text(SOURCES) + text(LIBRARY);
    List<String> messages =
        Files.readAllLines(MESSAGES).stream()
            .filter(line -> line.startsWith("| `"))
            .map(line -> cells(line).get(0))
            .flatMap(cell -> CODE.matcher(cell).results().map(found -> found.group(1)))
            .toList();
    assertThat(messages).hasSizeGreaterThanOrEqualTo(12);
    for (String message : messages) {
      for (String fragment : message.split("…", -1)) {
        if (fragment.strip().length() >= SHORTEST_FRAGMENT) {
          assertThat(text.contains(fragment)).as("%s: '%s'", message, fragment).isTrue();
        }
      }
    }
  }

  @Test
  void namesTheOptionsThatInstancesMayAskFor() throws IOException {
    String source =
        Files.readString(SOURCES.resolve("dev/rollcall/lb/template/ServiceOption.java"));
    List<String> known =
        Pattern.compile("(?m)^  ([A-Z_]+)\\(\"")
            .matcher(source)
            .results()
            .map(found -> "lb-" + found.group(1).toLowerCase(Locale.ROOT).replace('_', '-'))
            .toList();
    List<String> onThePage =
        section(TEMPLATES, "Options from metadata").stream()
            .filter(line -> line.matches("\\| `[a-z-]+` \\| `lb-[a-z-]+` \\|.*"))
            .map(line -> cells(line).get(1).replace("`", ""))
            .toList();
    assertThat(known).hasSizeGreaterThan(3);
    assertThat(onThePage).containsExactlyInAnyOrderElementsOf(known);
  }

  @Test
  void saysFromWhereOnOneReloadIsCheaper() throws IOException {
    assertThat(Files.readString(RUN_TIME))
        .contains("not more than " + UpdatePlanner.MAX_SERVERS + " of");
  }

  /** All sources, with texts that are written in parts put together. */
  private static String text(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .map(LbRendererPageTest::read)
          .collect(Collectors.joining("\n"))
          .replaceAll("\"\\s*\\+\\s*\"", "");
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
