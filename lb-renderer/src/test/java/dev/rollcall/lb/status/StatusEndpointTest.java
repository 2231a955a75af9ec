package dev.rollcall.lb.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StatusEndpointTest {

  private static final List<String> HOSTS = List.of();
  private static final Map<String, StatusServer.Handler> PAGES = Map.of();

  @Test
  void waitsForAnAddressThatThisMachineDoesNotHaveYet() throws IOException {
    // For documentation: nobody has it.
    InetSocketAddress nobody = new InetSocketAddress("192.0.2.1", 8404);

    try (StatusEndpoint endpoint = StatusEndpoint.open(nobody, PAGES, HOSTS)) {
      assertThat(endpoint.isServing()).isFalse();
    }
  }

  @Test
  void waitsForANameThatIsNotKnownYet() throws IOException {
    InetSocketAddress nobody = InetSocketAddress.createUnresolved("nobody.invalid", 8404);

    try (StatusEndpoint endpoint = StatusEndpoint.open(nobody, PAGES, HOSTS)) {
      assertThat(endpoint.isServing()).isFalse();
    }
  }

  @Test
  void servesAtOnceAtAnAddressThatIsThere() throws IOException {
    InetSocketAddress here = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    try (StatusEndpoint endpoint = StatusEndpoint.open(here, PAGES, HOSTS)) {
      assertThat(endpoint.isServing()).isTrue();
    }
  }

  @Test
  void isRefusedAPortThatSomebodyHas() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      InetSocketAddress same =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), taken.getLocalPort());

      assertThatExceptionOfType(BindException.class)
          .isThrownBy(() -> StatusEndpoint.open(same, PAGES, HOSTS));
    }
  }
}
