package dev.rollcall.discovery.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.test.Pages;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The pages on Spring Boot name every property, and their code is that of tests. */
class SpringBootPageTest {

  private static final Path PAGE = Path.of("../../docs/how-to/spring-boot.md");
  private static final Path MIGRATION = Path.of("../../docs/how-to/from-spring-cloud-consul.md");
  private static final Path TESTS = Path.of("src/test/java/dev/rollcall/discovery/spring");

  private static String resource(String name) throws IOException {
    try (InputStream in = SpringBootPageTest.class.getClassLoader().getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static List<String> rows(Path page, String start) throws IOException {
    return Files.readAllLines(page).stream().filter(line -> line.startsWith(start)).toList();
  }

  @Test
  void theTableOfPropertiesIsThatOfTheMetadata() throws IOException {
    JsonNode metadata =
        new ObjectMapper().readTree(resource("META-INF/spring-configuration-metadata.json"));
    List<String> wanted =
        StreamSupport.stream(metadata.get("properties").spliterator(), false)
            .map(SpringBootPageTest::row)
            .toList();
    assertThat(wanted).hasSizeGreaterThan(25);
    assertThat(rows(PAGE, "| `rollcall.")).containsExactlyInAnyOrderElementsOf(wanted);
  }

  private static String row(JsonNode property) {
    JsonNode value = property.get("defaultValue");
    return "| `%s` | %s| %s |"
        .formatted(
            property.get("name").asString(),
            value == null ? "" : "`" + value.asString() + "` ",
            property.get("description").asString());
  }

  @Test
  void everyPropertyOfSpringCloudConsulHasARow() throws IOException {
    List<String> rows = rows(MIGRATION, "| `spring.cloud.consul.");
    List<String> theirs = resource("spring-cloud-consul-discovery-5.0.4.txt").lines().toList();
    assertThat(theirs).hasSizeGreaterThan(40);
    assertThat(theirs)
        .allMatch(
            property -> rows.stream().anyMatch(row -> row.startsWith("| `" + property + "` |")));
  }

  @Test
  void everyPropertyThatIsNamedIsThere() throws IOException {
    List<String> ours =
        rows(PAGE, "| `rollcall.").stream().map(row -> row.split("`", 3)[1]).toList();
    List<String> named =
        Pattern.compile("`(rollcall\\.[a-z.-]+)(?:=[^`]*)?`")
            .matcher(Files.readString(PAGE) + Files.readString(MIGRATION))
            .results()
            .map(found -> found.group(1))
            .filter(name -> !name.startsWith("rollcall.service.meta."))
            .toList();
    assertThat(ours).containsAll(named);
  }

  @Test
  void everyBlockOfCodeIsTheTextOfATest() throws IOException {
    List<String> tests;
    try (Stream<Path> files = Files.list(TESTS)) {
      tests = files.filter(Files::isRegularFile).map(Pages::read).toList();
    }
    List<String> blocks = Pages.javaBlocks(Pages.read(PAGE));
    assertThat(blocks).hasSizeGreaterThanOrEqualTo(4);
    for (String block : blocks) {
      assertThat(tests).as(block).anyMatch(test -> Pages.holds(test, block));
    }
  }
}
