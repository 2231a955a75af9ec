package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConsulOptionsTest {

  @ParameterizedTest
  @CsvSource({
    "'', http://127.0.0.1:8500",
    "consul:8500, http://consul:8500",
    "consul, http://consul:8500",
    "198.18.0.3:9000, http://198.18.0.3:9000",
    "[::1]:8500, http://[::1]:8500",
    "http://consul:8500, http://consul:8500",
    "https://consul:8501, https://consul:8501",
    "https://consul, https://consul:443",
    "http://consul/under/path, http://consul:80/under/path",
    "'  consul:8500 ', http://consul:8500",
  })
  void theAddressIsReadAsTheConsulCommandReadsIt(String value, URI address) {
    assertThat(ConsulOptions.fromEnvironment(Map.of("CONSUL_HTTP_ADDR", value)).address())
        .isEqualTo(address);
  }

  @ParameterizedTest
  @CsvSource({
    "1, consul:8500, https://consul:8500",
    "true, consul:8500, https://consul:8500",
    "false, consul:8500, http://consul:8500",
    "true, http://consul:8500, http://consul:8500",
  })
  void sslDecidesWhereTheAddressDoesNotSay(String ssl, String value, URI address) {
    Map<String, String> environment = Map.of("CONSUL_HTTP_ADDR", value, "CONSUL_HTTP_SSL", ssl);
    assertThat(ConsulOptions.fromEnvironment(environment).address()).isEqualTo(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not a url",
        "ftp://consul:8500",
        "unix:///var/run/consul.sock",
        "http://",
        "consul:port",
        "consul:99999",
        "http://consul:8500?x=1",
        "http://con\nsul:8500",
        "a:1,b:2",
      })
  void aWrongAddressIsOneLineThatNamesVariableValueAndWhatIsWanted(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ConsulOptions.fromEnvironment(Map.of("CONSUL_HTTP_ADDR", value)))
        .satisfies(
            e ->
                assertThat(e.getMessage())
                    .contains("CONSUL_HTTP_ADDR", value.substring(0, 3), "http://host:port")
                    .doesNotContain("\n"));
  }

  @Test
  void secretsAreNotRepeated() {
    for (Map<String, String> environment :
        List.of(
            Map.of("CONSUL_HTTP_ADDR", "http://me:s3cr3t@consul:8500"),
            Map.of("CONSUL_HTTP_TOKEN", "s3cr3t with space"))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ConsulOptions.fromEnvironment(environment))
          .satisfies(e -> assertThat(e.toString()).doesNotContain("s3cr3t"));
    }
  }

  @Test
  void theTokenOfTheEnvironmentIsUsed() {
    ConsulOptions options = ConsulOptions.fromEnvironment(Map.of("CONSUL_HTTP_TOKEN", "t"));
    assertThat(options.token().get()).contains("t");
    assertThat(ConsulOptions.fromEnvironment(Map.of()).token().get()).isEmpty();
  }

  @Test
  void boundsAreChecked() {
    ConsulOptions.Builder builder = ConsulOptions.builder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.waitTime(Duration.ofMinutes(11)))
        .withMessage("waitTime is \"PT11M\" but must be: PT1S to PT10M");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.callTimeout(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.answerLimit(1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.address(URI.create("consul:8500")));
  }
}
