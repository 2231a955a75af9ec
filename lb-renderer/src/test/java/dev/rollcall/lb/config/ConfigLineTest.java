package dev.rollcall.lb.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.config.HaproxyConfig.ConfigLine;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigLineTest {

  static Stream<Arguments> lines() {
    return Stream.of(
        Arguments.of("", List.of()),
        Arguments.of("   \t ", List.of()),
        Arguments.of("# only a comment", List.of()),
        Arguments.of("    bind :80", List.of("bind", ":80")),
        Arguments.of(
            "\tserver\ta  10.0.0.1:80\tcheck ", List.of("server", "a", "10.0.0.1:80", "check")),
        Arguments.of("bind :80 # the site", List.of("bind", ":80")),
        Arguments.of("bind :80#no blank needed", List.of("bind", ":80")),
        Arguments.of("bind :80\r", List.of("bind", ":80")),
        Arguments.of("set-header X \"a # b\" c", List.of("set-header", "X", "\"a # b\"", "c")),
        Arguments.of("set-header X 'a # \\' c", List.of("set-header", "X", "'a # \\'", "c")),
        Arguments.of("set-header X a\\ b\\#c", List.of("set-header", "X", "a\\ b\\#c")),
        Arguments.of("set-header X \"a\\\" # b\"", List.of("set-header", "X", "\"a\\\" # b\"")),
        Arguments.of("log-format one\" two \"three", List.of("log-format", "one\" two \"three")),
        Arguments.of("trailing backslash\\", List.of("trailing", "backslash\\")),
        Arguments.of("open \"quote # to the end", List.of("open", "\"quote # to the end")));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void lineIsSplitIntoWordsAsHaproxyDoes(String raw, List<String> words) {
    assertThat(ConfigLine.parse(raw).words()).isEqualTo(words);
  }

  @Test
  void wordBeyondTheEndIsEmpty() {
    assertThat(ConfigLine.parse("bind :80").word(2)).isEmpty();
  }
}
