package dev.rollcall.lb.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerNameTest {

  @Test
  void isWrittenAsInCommands() {
    assertThat(new ServerName("be_web", "web-10.0.0.5:80")).hasToString("be_web/web-10.0.0.5:80");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "a b", "a;b", "a\nb", "a/b", "a\\b", "a<<", "@1", "a#", "a\"", "é", "a,b"
      })
  void rejectsIllegalNames(String name) {
    assertThatThrownBy(() -> new ServerName("be", name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no name of a server: ");
    assertThatThrownBy(() -> new ServerName(name, "web-1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no name of a backend: ");
  }
}
