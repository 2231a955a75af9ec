package dev.rollcall.lb.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerAddressTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.5:80,        10.0.0.5,           10.0.0.5:80",
    "255.255.255.255:65535, 255.255.255.255, 255.255.255.255:65535",
    "[fd00::5]:8080,     fd00:0:0:0:0:0:0:5, [fd00:0:0:0:0:0:0:5]:8080",
    "fd00::5:8080,       fd00:0:0:0:0:0:0:5, [fd00:0:0:0:0:0:0:5]:8080",
    "[::1]:1,            0:0:0:0:0:0:0:1,    [0:0:0:0:0:0:0:1]:1",
  })
  void parsesAndNormalizesAddress(String text, String ip, String written) {
    assertThat(ServerAddress.parse(text).ip()).isEqualTo(ip);
    assertThat(ServerAddress.parse(text)).hasToString(written);
  }

  @Test
  void spellingsOfOneAddressAreEqual() {
    assertThat(ServerAddress.parse("[FD00:0::5]:80")).isEqualTo(new ServerAddress("fd00::5", 80));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10.0.0.5",
        "10.0.0.5:0",
        "10.0.0.5:99999",
        "10.0.0.5:+1",
        "10.0.0.5:080",
        "10.0.0.5:80 backup",
        "10.0.0.5:80\n",
        "10.0.0.5:80;show info",
        "10.0.0.5#:80",
        "10.0.0.05:80",
        "10.0.0.256:80",
        "127.1:80",
        "2130706433:80",
        "0x7f000001:80",
        "*:80",
        ":80",
        "localhost:80",
        "/run/haproxy/master.sock",
        "/run/x:80",
        "unix@/run/x:80",
        "abns@x:80",
        "ipv4@10.0.0.5:80",
        "fe80::1%eth0:80",
        "[fe80::1%eth0]:80",
        "[10.0.0.5:80",
        "[:::]:80",
        "[1:2:3]:80",
        "[]:80",
        "${HOST}:80",
        "\"10.0.0.5:80\"",
        "１０.0.0.5:80",
      })
  void rejectsOtherText(String text) {
    assertThatThrownBy(() -> ServerAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("(not an IP address and a port|no IP address|no port): .*");
  }
}
