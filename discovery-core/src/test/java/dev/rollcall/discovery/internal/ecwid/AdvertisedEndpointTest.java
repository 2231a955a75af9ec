package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.rollcall.discovery.ConsulOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdvertisedEndpointTest {

  private final List<InetAddress> own = new ArrayList<>();

  private void has(String... addresses) throws UnknownHostException {
    own.clear();
    for (String each : addresses) {
      own.add(InetAddress.getByName(each));
    }
  }

  /** The options look for an address in the network too: the loopback has one. */
  private AdvertisedEndpoint endpoint() {
    ConsulOptions options = ConsulOptions.builder().serviceNetwork("127.0.0.1/32").build();
    return new AdvertisedEndpoint(options, () -> List.copyOf(own));
  }

  private AdvertisedEndpoint inTenNet() {
    return new AdvertisedEndpoint("10.0.0.0/8", () -> List.copyOf(own));
  }

  @Test
  void theAddressOfBeforeStaysForAsLongAsItIsThere() throws UnknownHostException {
    has("192.0.2.1", "10.0.0.5");
    AdvertisedEndpoint endpoint = inTenNet();
    assertThat(endpoint.address()).contains("10.0.0.5");
    has("10.0.0.1", "10.0.0.5");
    assertThat(endpoint.address()).as("a virtual one came").contains("10.0.0.5");
    has("10.0.0.1");
    assertThat(endpoint.address()).as("the old one went").contains("10.0.0.1");
  }

  @Test
  void theOneAtTheStartCountsThoughNothingWasRegisteredYet() throws UnknownHostException {
    has("10.0.0.5");
    AdvertisedEndpoint endpoint = inTenNet();
    has("10.0.0.1", "10.0.0.5");
    assertThat(endpoint.address()).contains("10.0.0.5");
  }

  @Test
  void noneOrSeveralNewOnesAreAFailureThatSaysWhich() throws UnknownHostException {
    has("10.0.0.5");
    AdvertisedEndpoint endpoint = inTenNet();
    has("10.0.0.6", "10.0.0.7");
    assertThatIllegalArgumentException()
        .isThrownBy(endpoint::address)
        .withMessageContaining("10.0.0.6, 10.0.0.7");
    has("192.0.2.1");
    assertThatIllegalArgumentException()
        .isThrownBy(endpoint::address)
        .withMessageContaining("it has 192.0.2.1");
  }

  @Test
  void whatTheOptionsSayIsTaken() throws UnknownHostException {
    has("127.0.0.1");
    assertThat(endpoint().address()).contains("127.0.0.1");
    assertThat(endpoint().isOwn("127.0.0.1")).isTrue();
    assertThat(endpoint().isOwn("127.0.0.2")).isFalse();
  }
}
