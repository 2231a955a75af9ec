package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {

  private static final Path LIBRARY =
      Path.of("../discovery-core/src/main/java/dev/rollcall/discovery");

  @Test
  void documentsEveryVariableThatIsRead() throws IOException {
    String code =
        Files.readString(Path.of("src/main/java/dev/rollcall/web/WebNode.java"))
            + Files.readString(LIBRARY.resolve("ServiceDefinition.java"))
            + Files.readString(LIBRARY.resolve("LeaveOnTerminate.java"));
    List<String> variables =
        Pattern.compile("\"(PORT|(?:SERVICE|DRAIN)_[A-Z]+)\"")
            .matcher(code)
            .results()
            .map(match -> match.group(1))
            .distinct()
            .toList();

    assertThat(variables).hasSize(5);
    assertThat(WebNode.answer("--help"))
        .contains(variables)
        .contains("SERVICE_ADDRESS", "SERVICE_NETWORK");
  }

  @ParameterizedTest
  @ValueSource(ints = {WebNode.OK, WebNode.FAILED, WebNode.USAGE, WebNode.PORT})
  void documentsEveryExitCode(int code) {
    assertThat(WebNode.answer("--help").split("Exit codes:", -1)[1])
        .containsPattern("\n  " + code + " ");
  }

  @Test
  void tellsItsVersion() {
    assertThat(WebNode.answer("--version")).matches("web-node .+\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--port=80", "help", "", "-x\n-y"})
  void refusesWhatItDoesNotKnow(String argument) {
    assertThatThrownBy(() -> WebNode.answer(argument))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("is not understood: settings come from the environment, see --help")
        .hasMessageNotContaining("\n");
  }

  @Test
  void refusesMoreThanOneArgument() {
    assertThatThrownBy(() -> WebNode.answer("--help --version"))
        .hasMessageStartingWith("\"--help --version\" is not understood");
  }
}
