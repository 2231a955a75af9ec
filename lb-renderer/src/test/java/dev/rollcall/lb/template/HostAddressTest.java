package dev.rollcall.lb.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostAddressTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "198.18.0.1",
        "10.0.0.0",
        "0.0.0.1",
        "1.0.0.0",
        "127.0.0.1",
        "223.255.255.255",
        "240.0.0.1",
        "255.255.255.254",
      })
  void anIpv4AddressStaysAsItIs(String text) {
    assertThat(HostAddress.parse(text)).contains(text);
  }

  @ParameterizedTest
  @CsvSource({
    "::1, [0:0:0:0:0:0:0:1]",
    "2001:DB8::1, [2001:db8:0:0:0:0:0:1]",
    "::ffff:198.18.0.1, 198.18.0.1",
  })
  void anIpv6AddressIsWrittenOut(String text, String written) {
    assertThat(HostAddress.parse(text)).isEqualTo(Optional.of(written));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "....",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.",
        ".1.2.3.4",
        "1..2.3",
        "1.2.3.4.",
        "01.2.3.4",
        "1.2.3.00",
        "1.2.3.256",
        "1.2.3.4294967300",
        "1.2.3.4 ",
        "1.2.3.-4",
        "0x7f.0.0.1",
        "2130706433",
        "١.2.3.4",
        "0.0.0.0",
        "224.0.0.1",
        "239.255.255.255",
        "255.255.255.255",
        "::",
        "ff02::1",
        "::1%lo",
        "localhost",
        "unix@/run/x",
        "/run/x",
        "*",
      })
  void whatIsNoAddressOfOneHostIsNone(String text) {
    assertThat(HostAddress.parse(text)).isEmpty();
  }
}
