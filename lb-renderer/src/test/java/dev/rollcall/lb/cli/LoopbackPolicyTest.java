package dev.rollcall.lb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.template.HaproxyTemplate.LocalNetwork;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoopbackPolicyTest {
  private static boolean allowed(String allow, String... consul) throws ExitException {
    List<URI> addresses = List.of(consul).stream().map(URI::create).toList();
    return LoopbackPolicy.machine(allow, addresses).loopbackAllowed();
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:8500, true",
    "http://127.9.9.9:8500, true",
    "https://localhost:8501, true",
    "http://LOCALHOST:8500, true",
    "http://[::1]:8500, true",
    "http://[0:0:0:0:0:0:0:1]:8500, true",
    "http://192.0.2.7:8500, false",
    "http://[2001:db8::7]:8500, false",
    "http://consul:8500, false",
    "http://127.0.0.1.example:8500, false",
    "http://localhost.example:8500, false",
  })
  void isAllowedByItselfIfConsulIsOnThisMachine(String consul, boolean allowed)
      throws ExitException {
    assertThat(allowed("auto", consul)).isEqualTo(allowed);
    assertThat(allowed("yes", consul)).isTrue();
    assertThat(allowed("no", consul)).isFalse();
  }

  @Test
  void isNotAllowedByItselfIfOneOfSeveralIsElsewhere() throws ExitException {
    assertThat(allowed("auto", "http://127.0.0.1:8500", "http://192.0.2.7:8500")).isFalse();
    assertThat(allowed("AUTO ", "http://127.0.0.1:8500", "http://[::1]:8500")).isTrue();
  }

  @Test
  void knowsTheAddressesOfThisMachine() throws Exception {
    LocalNetwork machine =
        LoopbackPolicy.machine("auto", List.of(URI.create("http://127.0.0.1:8500")));
    assertThat(machine.owns().test(InetAddress.getLoopbackAddress())).isTrue();
    assertThat(machine.owns().test(InetAddress.getByName("192.0.2.7"))).isFalse();
  }
}
