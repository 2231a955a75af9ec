package dev.rollcall.lb.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/reference/status.md has every field of {@code /status} and {@code /live}. */
class StatusReferenceTest {
  private static final Path PAGE = Path.of("../docs/reference/status.md");
  private static final Pattern CODE = Pattern.compile("`(\\w+)`");

  @Test
  void everyFieldIsInATable() throws IOException {
    Set<String> documented =
        Files.readAllLines(PAGE).stream()
            .filter(line -> line.startsWith("| `"))
            .flatMap(line -> CODE.matcher(line).results().map(found -> found.group(1)))
            .collect(Collectors.toSet());
    Set<String> fields = new TreeSet<>();
    addFields(StatusDocument.Live.class, fields);
    assertThat(fields).hasSizeGreaterThan(40);
    assertThat(documented).containsAll(fields);
  }

  /** The names of a record's components, and of those of the records among them. */
  private static void addFields(Type type, Set<String> names) {
    if (type instanceof ParameterizedType several) {
      for (Type each : several.getActualTypeArguments()) {
        addFields(each, names);
      }
    } else if (type instanceof Class<?> one && one.isRecord()) {
      for (RecordComponent component : one.getRecordComponents()) {
        names.add(component.getName());
        addFields(component.getGenericType(), names);
      }
    }
  }
}
