package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pages on the library show code that is compiled and run, and name every meter. */
class LibraryPagesTest {

  private static final Path DOCS = Path.of("../docs");
  private static final List<String> PAGES =
      List.of(
          "tutorial/own-service.md",
          "how-to/graceful-shutdown.md",
          "how-to/health.md",
          "how-to/find-services.md",
          "how-to/connect.md",
          "how-to/test-with-registry.md",
          "how-to/spring-without-starter.md");
  private static final Path METERS = DOCS.resolve("reference/discovery-core.md");
  private static final Path EXAMPLES = Path.of("src/test/java/dev/rollcall/discovery/examples");
  private static final Path METRICS =
      Path.of("src/main/java/dev/rollcall/discovery/micrometer/DiscoveryMetrics.java");
  private static final Pattern BLOCK =
      Pattern.compile("^```java\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

  @Test
  void everyBlockOfCodeIsTheTextOfAnExample() throws IOException {
    List<String> examples;
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      examples = files.map(LibraryPagesTest::read).map(LibraryPagesTest::flat).toList();
    }
    List<String> blocks =
        PAGES.stream()
            .map(page -> read(DOCS.resolve(page)))
            .flatMap(page -> BLOCK.matcher(page).results().map(found -> found.group(1)))
            .toList();
    assertThat(blocks).hasSizeGreaterThanOrEqualTo(7);
    for (String block : blocks) {
      assertThat(examples)
          .as("the example with%n%s", block)
          .anyMatch(example -> example.contains(flat(block)));
    }
  }

  @Test
  void aWholeServiceIsTwentyLines() {
    long lines =
        read(EXAMPLES.resolve("ShopFront.java"))
            .lines()
            .map(String::strip)
            .filter(line -> !line.matches("|(package|import|//|/?\\*).*"))
            .count();
    assertThat(lines).isBetween(15L, 20L);
  }

  @Test
  void everyMeterIsNamed() {
    List<String> meters =
        Pattern.compile("\"(rollcall\\.[a-z.]+)\"")
            .matcher(read(METRICS))
            .results()
            .map(found -> found.group(1))
            .distinct()
            .toList();
    assertThat(meters).hasSize(9);
    assertThat(meters).allMatch(meter -> read(METERS).contains("`" + meter + "`"));
  }

  /** Whole lines, however deep they stand. */
  private static String flat(String code) {
    return code.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .collect(Collectors.joining("\n", "\n", "\n"));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
