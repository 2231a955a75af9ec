package dev.rollcall.discovery.frameworks;

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

/** The page on other frameworks shows code that is compiled, with the versions that it names. */
class OtherFrameworksPageTest {

  private static final Path PAGE = Path.of("../../docs/how-to/other-frameworks.md");
  private static final Pattern CODE =
      Pattern.compile("^```java\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern VERSION = Pattern.compile("<(\\w+)\\.version>(.*)</");

  @Test
  void everyBlockOfCodeIsTheTextOfAnExample() throws IOException {
    List<String> examples;
    try (Stream<Path> files = Files.walk(Path.of("src/test"))) {
      examples =
          files
              .filter(Files::isRegularFile)
              .map(file -> flat(OtherFrameworksPageTest.read(file)))
              .toList();
    }
    List<String> blocks = CODE.matcher(read(PAGE)).results().map(found -> found.group(1)).toList();
    assertThat(blocks).hasSizeGreaterThanOrEqualTo(6);
    for (String block : blocks) {
      assertThat(examples)
          .as("the example with%n%s", block)
          .anyMatch(example -> example.contains(flat(block)));
    }
  }

  @Test
  void namesTheVersionsThatTheExamplesAreCompiledWith() {
    List<String> frameworks = List.of("micronaut", "quarkus", "helidon");
    List<String> versions =
        VERSION
            .matcher(read(Path.of("pom.xml")))
            .results()
            .filter(property -> frameworks.contains(property.group(1)))
            .map(property -> property.group(2))
            .toList();
    assertThat(versions).hasSize(3);
    assertThat(versions).allMatch(read(PAGE)::contains);
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
