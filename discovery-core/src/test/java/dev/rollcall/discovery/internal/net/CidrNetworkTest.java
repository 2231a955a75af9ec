package dev.rollcall.discovery.internal.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrNetworkTest {

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static List<InetAddress> addresses(String... texts) {
    return Arrays.stream(texts).map(CidrNetworkTest::address).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.255.255, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.9.8.7/8, 10.1.1.1, true",
    "198.18.64.0/18, 198.18.127.255, true",
    "198.18.64.0/18, 198.18.128.0, false",
    "198.18.7.7/32, 198.18.7.7, true",
    "198.18.7.7/32, 198.18.7.6, false",
    "0.0.0.0/0, 198.18.7.7, true",
    "0.0.0.0/0, 2001:db8::1, false",
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/32, 2001:db9::1, false",
    "::/0, 198.18.7.7, false",
  })
  void itsLeadingBitsSayWhatIsInIt(String network, String other, boolean contained) {
    assertThat(CidrNetwork.parse(network).contains(address(other))).isEqualTo(contained);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0", "10.0.0.0/33", "10.0/8", "10.0.0.256/8", "10.0.0.0/-1", "10.0.0.0/8/8",
        "localhost/8", "fd00::/129", "fd00:::/8", "::ffff:10.0.0.0/104", "/8", "10.0.0.0/8\n"
      })
  void anythingElseIsRefusedInOneLine(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CidrNetwork.parse(text))
        .withMessageStartingWith("SERVICE_NETWORK is \"")
        .withMessageEndingWith("but must be: a network such as 10.0.0.0/8 or fd00::/8")
        .withMessageNotContaining("\n");
  }

  @Test
  void theOnlyAddressInItIsTaken() {
    List<InetAddress> own =
        addresses("127.0.0.1", "198.18.0.3", "10.4.5.6", "fe80::1%1", "fd00::2");
    assertThat(CidrNetwork.parse("10.0.0.0/8").only(own, Optional.empty())).isEqualTo("10.4.5.6");
    assertThat(CidrNetwork.parse("fd00::/8").only(own, Optional.empty()))
        .isEqualTo(address("fd00::2").getHostAddress());
    assertThat(CidrNetwork.parse("fe80::/10").only(own, Optional.empty())).doesNotContain("%");
  }

  @Test
  void noneOrSeveralAreTold() {
    List<InetAddress> own = addresses("198.18.0.3", "127.0.0.1", "198.18.9.9");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CidrNetwork.parse("10.0.0.0/8").only(own, Optional.empty()))
        .withMessage(
            "SERVICE_NETWORK is \"10.0.0.0/8\", but no address of this machine is in it: it has"
                + " 127.0.0.1, 198.18.0.3, 198.18.9.9");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CidrNetwork.parse("198.18.0.0/16").only(own, Optional.empty()))
        .withMessage(
            "SERVICE_NETWORK is \"198.18.0.0/16\", but several addresses of this machine are in"
                + " it: 198.18.0.3, 198.18.9.9; name a smaller network");
  }
}
