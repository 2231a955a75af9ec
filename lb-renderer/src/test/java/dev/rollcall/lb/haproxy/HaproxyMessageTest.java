package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HaproxyMessageTest {

  @Test
  void keepsAlertsWithoutTheirPrefixes() {
    String output =
        """
        [NOTICE]   (1) : haproxy version is 3.0.11-1+deb13u3
        [NOTICE]   (1) : path to executable is /usr/local/sbin/haproxy
        [ALERT]    (1) : config : parsing [/d/h.cfg:12] : unknown keyword 'bogus' in 'frontend' section
        [ALERT]    (1) : config : Fatal errors found in configuration.
        [WARNING]  (1) : Loading failure!
        """;

    assertThat(HaproxyMessage.alerts(output, "nothing"))
        .isEqualTo(
            "config : parsing [/d/h.cfg:12] : unknown keyword 'bogus' in 'frontend' section\n"
                + "config : Fatal errors found in configuration.");
  }

  @Test
  void keepsAllLinesWhenThereIsNoAlert() {
    assertThat(HaproxyMessage.alerts("[WARNING]  (7) : one\ntwo\n\n", "nothing"))
        .isEqualTo("one\ntwo");
  }

  @Test
  void usesFallbackWhenOutputIsEmpty() {
    assertThat(HaproxyMessage.alerts("\n \n", "haproxy -c ended with 2"))
        .isEqualTo("haproxy -c ended with 2");
  }

  @Test
  void removesControlCharacters() {
    assertThat(HaproxyMessage.alerts("[ALERT] (1) : a\u001b[31mred\u0007\n", "nothing"))
        .isEqualTo("a[31mred");
  }

  @Test
  void limitsLength() {
    String output = ("[ALERT] (1) : " + "x".repeat(1000) + "\n").repeat(1000);

    assertThat(HaproxyMessage.alerts(output, "nothing")).hasSizeLessThan(4100);
  }

  @Test
  void firstLineSkipsBlankLines() {
    assertThat(HaproxyMessage.firstLine("\n  \n  Permission denied \nmore"))
        .isEqualTo("Permission denied");
    assertThat(HaproxyMessage.firstLine("\n")).isEqualTo("nothing");
    assertThat(HaproxyMessage.firstLine("y".repeat(5000))).hasSize(200);
  }
}
