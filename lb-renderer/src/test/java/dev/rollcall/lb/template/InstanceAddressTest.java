package dev.rollcall.lb.template;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InstanceAddressTest {

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
  void ipv4AddressStaysAsItIs(String text) {
    assertThat(InstanceAddress.of(text).literal()).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "::1, [0:0:0:0:0:0:0:1]",
    "2001:DB8::1, [2001:db8:0:0:0:0:0:1]",
    "64:ff9b::198.18.0.1, [64:ff9b:0:0:0:0:c612:1]",
    "fd00::7, [fd00:0:0:0:0:0:0:7]",
  })
  void ipv6AddressIsWrittenOut(String text, String written) {
    assertThat(InstanceAddress.of(text).literal()).isEqualTo(written);
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
  void refusesTextThatIsNotTheAddressOfOneHost(String text) {
    assertThat(InstanceAddress.of(text).literal()).isEmpty();
    assertThat(InstanceAddress.of(text).refusal()).startsWith("address '").matches("[ -~…]+");
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, is unspecified",
    "::, is unspecified",
    "0:0:0:0:0:0:0:0, is unspecified",
    "169.254.0.1, is link-local",
    "169.254.169.254, is link-local",
    "fe80::1, is link-local",
    "FEBF::1, is link-local",
    "fe80::1%eth0, 'has a zone, which HAProxy does not take'",
    "fe80::1%2, 'has a zone, which HAProxy does not take'",
    "2001:db8::1%eth0.7, 'has a zone, which HAProxy does not take'",
    "224.0.0.1, is not the address of one host",
    "255.255.255.255, is not the address of one host",
    "ff02::1, is not the address of one host",
    "::ffff:198.18.0.1, is an IPv4 address in the form of an IPv6 one: register 198.18.0.1",
    "::FFFF:7f00:1, is an IPv4 address in the form of an IPv6 one: register 127.0.0.1",
    "0:0:0:0:0:ffff:c612:1, is an IPv4 address in the form of an IPv6 one: register 198.18.0.1",
    "::198.18.0.1, is an IPv4 address in the form of an IPv6 one: register 198.18.0.1",
    "::ffff:0.0.0.0, is an IPv4 address in the form of an IPv6 one",
    "localhost, is not the IPv4 or IPv6 address of a host",
    "evil%eth0, is not the IPv4 or IPv6 address of a host",
  })
  void reportsWhatIsWrongWithAnAddress(String text, String why) {
    InstanceAddress address = InstanceAddress.of(text);
    assertThat(address.literal()).isEmpty();
    assertThat(address.refusal()).startsWith("address '" + text + "' " + why);
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, true",
    "127.255.255.254, true",
    "126.0.0.1, false",
    "128.0.0.1, false",
    "::1, true",
    "::2:1, false",
    "198.18.0.1, false"
  })
  void recognizesALoopbackAddress(String text, boolean loopback) {
    assertThat(InstanceAddress.of(text).loopback()).isEqualTo(loopback);
  }
}
