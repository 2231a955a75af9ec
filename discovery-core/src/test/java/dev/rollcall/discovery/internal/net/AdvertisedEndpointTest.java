package dev.rollcall.discovery.internal.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class AdvertisedEndpointTest {

  private static final AgentAddress AGENT = AgentAddress.of(URI.create("http://127.0.0.1:8500"));

  private final List<InetAddress> own = new ArrayList<>();

  private void has(String... addresses) throws IOException {
    own.clear();
    for (String each : addresses) {
      own.add(InetAddress.getByName(each));
    }
  }

  private AdvertisedEndpoint inTenNet() {
    return new AdvertisedEndpoint(
        Optional.empty(), Optional.of("10.0.0.0/8"), OptionalInt.empty(), () -> List.copyOf(own));
  }

  private static Optional<String> address(AdvertisedEndpoint endpoint) throws IOException {
    return endpoint.address(Optional.empty(), AGENT);
  }

  @Test
  void theAddressOfBeforeStaysForAsLongAsItIsThere() throws IOException {
    has("192.0.2.1", "10.0.0.5");
    AdvertisedEndpoint endpoint = inTenNet();
    assertThat(address(endpoint)).contains("10.0.0.5");
    has("10.0.0.1", "10.0.0.5");
    assertThat(address(endpoint)).as("a virtual one came").contains("10.0.0.5");
    has("10.0.0.1");
    assertThat(address(endpoint)).as("the old one went").contains("10.0.0.1");
  }

  @Test
  void theOneAtTheStartCountsThoughNothingWasRegisteredYet() throws IOException {
    has("10.0.0.5");
    AdvertisedEndpoint endpoint = inTenNet();
    has("10.0.0.1", "10.0.0.5");
    assertThat(address(endpoint)).contains("10.0.0.5");
  }

  @Test
  void noneOrSeveralNewOnesAreAFailureThatSaysWhich() throws IOException {
    has("10.0.0.5");
    AdvertisedEndpoint endpoint = inTenNet();
    has("10.0.0.6", "10.0.0.7");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> address(endpoint))
        .withMessageContaining("10.0.0.6, 10.0.0.7");
    has("192.0.2.1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> address(endpoint))
        .withMessageContaining("it has 192.0.2.1");
  }

  @Test
  void theMostExplicitAddressIsTaken() throws IOException {
    has("10.0.0.5");
    AdvertisedEndpoint endpoint =
        new AdvertisedEndpoint(
            Optional.of("web.example"),
            Optional.of("10.0.0.0/8"),
            OptionalInt.empty(),
            () -> List.copyOf(own));
    assertThat(endpoint.address(Optional.of("198.18.0.9"), AGENT)).contains("198.18.0.9");
    assertThat(address(endpoint)).contains("web.example");
    assertThat(address(inTenNet())).contains("10.0.0.5");
    assertThat(endpoint.isLocal("10.0.0.5")).isTrue();
    assertThat(endpoint.isLocal("10.0.0.6")).isFalse();
  }
}
