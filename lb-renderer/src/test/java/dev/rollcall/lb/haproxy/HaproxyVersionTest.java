package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HaproxyVersionTest {

  @ParameterizedTest
  @CsvSource({
    "2.6.12-1+deb12u3, 2, 6, 12, false",
    "3.0.11-1+deb13u3, 3, 0, 11, false",
    "3.2.26-1,         3, 2, 26, false",
    "3.1-dev7,         3, 1, 0,  true",
    "3.3-dev7-abc123,  3, 3, 0,  true",
    "2.8.5-1ubuntu3.2, 2, 8, 5,  false",
    "3.0.5-8e879a5,    3, 0, 5,  false",
  })
  void parsesVersionStrings(String text, int major, int minor, int patch, boolean development) {
    assertThat(HaproxyVersion.parse(text))
        .isEqualTo(new HaproxyVersion(major, minor, patch, development));
  }

  @Test
  void olderVersionsComeFirst() {
    List<HaproxyVersion> inOrder =
        List.of("2.6.12", "2.10.0", "3.0-dev3", "3.0.0", "3.0.2", "3.0.11", "3.1-dev1").stream()
            .map(HaproxyVersion::parse)
            .toList();
    assertThat(inOrder).isSorted();
    assertThat(inOrder).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @ValueSource(strings = {"2.6.12", "2.9.14", "3.0-dev13"})
  void isTooOldForRuntimeServers(String text) {
    assertThat(HaproxyVersion.parse(text).atLeast(HaproxyVersion.RUNTIME_SERVERS)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.0.0", "3.0.11-1+deb13u3", "3.2.1", "4.0-dev1"})
  void isNewEnoughForRuntimeServers(String text) {
    assertThat(HaproxyVersion.parse(text).atLeast(HaproxyVersion.RUNTIME_SERVERS)).isTrue();
  }

  @Test
  void findsServerOptionThatIsTooNew() {
    List<String> options = List.of("check", "init-state");
    assertThat(HaproxyVersion.parse("3.0.11").unsupportedOption(options)).contains("init-state");
    assertThat(HaproxyVersion.parse("3.1.0").unsupportedOption(options)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "three", "3", "3.x", "3.0.11evil\nPid: 1", "99999999999.0"})
  void rejectsOtherText(String text) {
    assertThatThrownBy(() -> HaproxyVersion.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no version of HAProxy: ");
  }
}
