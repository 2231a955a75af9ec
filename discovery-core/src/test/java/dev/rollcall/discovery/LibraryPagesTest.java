package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.test.Pages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  @Test
  void everyBlockOfCodeIsTheTextOfAnExample() throws IOException {
    List<String> examples;
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      examples = files.map(Pages::read).toList();
    }
    List<String> blocks =
        PAGES.stream()
            .map(page -> Pages.read(DOCS.resolve(page)))
            .flatMap(page -> Pages.javaBlocks(page).stream())
            .toList();
    assertThat(blocks).hasSizeGreaterThanOrEqualTo(7);
    for (String block : blocks) {
      assertThat(examples)
          .as("the example with%n%s", block)
          .anyMatch(example -> Pages.holds(example, block));
    }
  }

  @Test
  void aWholeServiceIsTwentyLines() {
    long lines =
        Pages.read(EXAMPLES.resolve("ShopFront.java"))
            .lines()
            .map(String::strip)
            .filter(line -> !line.matches("|(package|import|//|/?\\*).*"))
            .count();
    assertThat(lines).isBetween(15L, 20L);
  }

  @Test
  void theProjectOfTheTutorialHasTheVersionsOfThisBuild() {
    String build = Pages.read(Path.of("../pom.xml"));
    String tutorial = Pages.read(DOCS.resolve("tutorial/own-service.md"));
    Map<String, String> versions =
        Map.of(
            "discovery-core", "<artifactId>rollcall</artifactId>\\s*<version>([^<]+)",
            "javalin", "<javalin.version>([^<]+)",
            "slf4j-simple", "<slf4j.version>([^<]+)",
            "maven-compiler-plugin", ">maven-compiler-plugin</artifactId>\\s*<version>([^<]+)");
    versions.forEach(
        (artifact, pattern) -> {
          Matcher version = Pattern.compile(pattern).matcher(build);
          assertThat(version.find()).as(pattern).isTrue();
          assertThat(tutorial)
              .containsPattern(
                  "<artifactId>%s</artifactId>\\s*<version>%s<"
                      .formatted(artifact, Pattern.quote(version.group(1))));
        });
  }

  @Test
  void everyMeterIsNamed() {
    List<String> meters =
        Pattern.compile("\"(rollcall\\.[a-z.]+)\"")
            .matcher(Pages.read(METRICS))
            .results()
            .map(found -> found.group(1))
            .distinct()
            .toList();
    assertThat(meters).hasSize(9);
    assertThat(meters).allMatch(meter -> Pages.read(METERS).contains("`" + meter + "`"));
  }
}
