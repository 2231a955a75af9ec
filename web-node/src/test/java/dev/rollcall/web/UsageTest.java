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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {

  @Test
  void documentsEveryVariableThatIsRead() throws IOException {
    String code = Files.readString(Path.of("src/main/java/dev/rollcall/web/NodeOptions.java"));
    List<String> variables =
        Pattern.compile("environment, \"([A-Z_]+)\"")
            .matcher(code)
            .results()
            .map(match -> match.group(1))
            .distinct()
            .toList();

    assertThat(variables).hasSize(6);
    assertThat(Usage.answer(List.of("--help")))
        .contains(variables)
        .contains("SERVICE_ADDRESS", "SERVICE_NETWORK");
  }

  @ParameterizedTest
  @EnumSource(ExitCode.class)
  void documentsEveryExitCode(ExitCode code) {
    assertThat(Usage.answer(List.of("--help")).split("Exit codes:", -1)[1])
        .containsPattern("\n  " + code.number() + " ");
  }

  @Test
  void tellsItsVersion() {
    assertThat(Usage.answer(List.of("--version"))).matches("web-node .+\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--port=80", "help", "", "-x\n-y"})
  void refusesWhatItDoesNotKnow(String argument) {
    assertThatThrownBy(() -> Usage.answer(List.of(argument)))
        .isInstanceOfSatisfying(
            StartupException.class, refusal -> assertThat(refusal.code()).isEqualTo(ExitCode.USAGE))
        .hasMessageEndingWith("is not understood: settings come from the environment, see --help")
        .hasMessageNotContaining("\n");
  }

  @Test
  void refusesMoreThanOneArgument() {
    assertThatThrownBy(() -> Usage.answer(List.of("--help", "--version")))
        .hasMessageStartingWith("\"--help --version\" is not understood");
  }
}
