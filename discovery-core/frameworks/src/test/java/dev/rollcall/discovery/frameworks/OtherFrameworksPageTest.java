package dev.rollcall.discovery.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.test.Pages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page on other frameworks shows code that is compiled, with the versions that it names. */
class OtherFrameworksPageTest {

  private static final Path PAGE = Path.of("../../docs/how-to/other-frameworks.md");
  private static final Pattern VERSION = Pattern.compile("<(\\w+)\\.version>(.*)</");

  @Test
  void everyBlockOfCodeIsTheTextOfAnExample() throws IOException {
    List<String> examples;
    try (Stream<Path> files = Files.walk(Path.of("src/test"))) {
      examples = files.filter(Files::isRegularFile).map(Pages::read).toList();
    }
    List<String> blocks = Pages.javaBlocks(Pages.read(PAGE));
    assertThat(blocks).hasSizeGreaterThanOrEqualTo(6);
    for (String block : blocks) {
      assertThat(examples)
          .as("the example with%n%s", block)
          .anyMatch(example -> Pages.holds(example, block));
    }
  }

  @Test
  void namesTheVersionsThatTheExamplesAreCompiledWith() {
    List<String> frameworks = List.of("micronaut", "quarkus", "helidon");
    List<String> versions =
        VERSION
            .matcher(Pages.read(Path.of("pom.xml")))
            .results()
            .filter(property -> frameworks.contains(property.group(1)))
            .map(property -> property.group(2))
            .toList();
    assertThat(versions).hasSize(3);
    assertThat(versions).allMatch(Pages.read(PAGE)::contains);
  }
}
