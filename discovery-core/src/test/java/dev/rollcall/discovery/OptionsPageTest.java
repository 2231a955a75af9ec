package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page of options names every option there is, and the defaults that hold. */
class OptionsPageTest {

  private static final Path PAGE = Path.of("../docs/reference/options.md");

  private static List<String> rows(String section) throws IOException {
    List<String> lines = Files.readAllLines(PAGE);
    int from = lines.indexOf("## " + section);
    assertThat(from).as(section).isNotNegative();
    return lines.subList(from + 1, lines.size()).stream()
        .takeWhile(line -> !line.startsWith("## "))
        .filter(line -> line.startsWith("| `"))
        .toList();
  }

  private static String row(String section, String option) throws IOException {
    return rows(section).stream()
        .filter(row -> row.split("\\|", 3)[1].contains("`" + option + "`"))
        .findFirst()
        .orElse("");
  }

  /** The methods by which options are set: they give back what they are called on. */
  private static Stream<String> setters(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .filter(method -> !Modifier.isStatic(method.getModifiers()))
        .filter(method -> method.getReturnType() == type)
        .map(Method::getName)
        .distinct();
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        ConsulOptions.Builder.class,
        TlsOptions.class,
        ServiceDefinition.Builder.class,
        CheckSchedule.class,
        ServiceQuery.class,
        LeaveOnTerminate.Builder.class,
        WarmUp.class
      })
  void everyOptionHasARow(Class<?> type) throws IOException {
    String section = type.getName().replaceAll(".*\\.|\\$Builder", "");
    List<String> options = setters(type).toList();
    assertThat(options).isNotEmpty();
    for (String option : options) {
      assertThat(row(section, option)).as(section + "." + option).isNotEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"waitTime", "connectTimeout", "callTimeout", "leaveTimeout"})
  void theDefaultsAreTheseThatHold(String option) throws Exception {
    Object value = ConsulOptions.class.getMethod(option).invoke(ConsulOptions.builder().build());
    String seconds = ((Duration) value).toSeconds() + " s";
    assertThat(row("ConsulOptions", option).split("\\|", 4)[2].strip()).isEqualTo(seconds);
  }

  @Test
  void everyVariableHasARow() throws IOException {
    String source =
        Files.readString(Path.of("src/main/java/dev/rollcall/discovery/ConsulEnvironment.java"));
    List<String> variables =
        Pattern.compile("\"((?:CONSUL|SERVICE)_\\w+)\"")
            .matcher(source)
            .results()
            .map(found -> found.group(1))
            .distinct()
            .toList();
    assertThat(variables).contains("CONSUL_HTTP_ADDR", "CONSUL_HTTP_TOKEN_FILE", "SERVICE_NETWORK");
    for (String variable : variables) {
      assertThat(row("Environment", variable)).as(variable).isNotEmpty();
    }
  }
}
