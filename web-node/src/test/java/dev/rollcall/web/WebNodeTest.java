package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebNodeTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @ParameterizedTest
  @CsvSource({
    "PORT, http",
    "PORT, 70000",
    "SERVICE_NAME, two words",
    "SERVICE_TAGS, 'java,new\nline'",
    "SERVICE_ADDRESS, not an address",
    "SERVICE_NETWORK, 203.0.113.0/24",
    "DRAIN_QUIET, soon",
    "DRAIN_LIMIT, 1h",
    "CONSUL_HTTP_ADDR, http://",
    "CONSUL_HTTP_ADDR, ftp://consul:8500",
    "CONSUL_HTTP_ADDR, 'consul-1:8500,,consul-2:8500'",
    "CONSUL_CACERT, /nowhere/ca.pem",
  })
  void saysInOneLineWhichVariableIsWrong(String variable, String value) {
    assertThat(run(Map.of(variable, value))).hasValue(WebNode.USAGE);

    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("web-node: " + variable)
        .hasLineCount(1)
        .endsWith("\n");
    assertThat(out.size()).isZero();
  }

  @Test
  void saysInOneLineThatThePortIsTaken() throws Exception {
    try (ServerSocketChannel taken = NodeServer.listen(new InetSocketAddress(0))) {
      int port = taken.socket().getLocalPort();

      assertThat(run(Map.of("PORT", "" + port))).hasValue(WebNode.PORT);

      assertThat(err.toString(StandardCharsets.UTF_8))
          .startsWith("web-node: port " + port + " cannot be listened on (Address already in use)")
          .hasLineCount(1);
    }
  }

  @Test
  void printsItsHelpAndServesNothing() {
    assertThat(run(Map.of(), "--help")).hasValue(WebNode.OK);

    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("usage: ");
    assertThat(err.size()).isZero();
  }

  @Test
  void refusesAnUnknownArgumentAsAMistakeOfUsage() {
    assertThat(run(Map.of(), "help")).hasValue(WebNode.USAGE);

    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("web-node: \"help\" is not understood")
        .hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource({"'', 8080", "0, 0", "1, 1", "00080, 80", "65535, 65535"})
  void readsPorts(String text, int port) {
    assertThat(WebNode.port(text)).isEqualTo(port);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http", "-1", "+1", "65536", "99999999999", "80 80", "8080\nx", "٨٠", "0x50"})
  void refusesABadPort(String text) {
    assertThat(run(Map.of("PORT", text))).hasValue(WebNode.USAGE);

    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("web-node: PORT is \"")
        .contains(" but must be: ")
        .hasLineCount(1);
  }

  @Test
  void takesTheDefaultForABlankPortAndIgnoresSpaceAroundOne() throws Exception {
    try (ServerSocketChannel taken = NodeServer.listen(new InetSocketAddress(0))) {
      assertThat(run(Map.of("PORT", " " + taken.socket().getLocalPort() + " ")))
          .hasValue(WebNode.PORT);
    }
    assertThat(WebNode.port("  ".strip())).isEqualTo(8080);
  }

  @Test
  void keepsTheComplaintShort() {
    assertThatThrownBy(() -> WebNode.port("9".repeat(100_000)))
        .hasMessageMatching("PORT is \"9{80}…\" but must be: .*");
  }

  private OptionalInt run(Map<String, String> environment, String... arguments) {
    return WebNode.run(
        environment,
        routes -> {},
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        arguments);
  }
}
