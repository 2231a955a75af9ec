package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
    assertThat(run(Map.of(variable, value))).hasValue(ExitCode.USAGE);

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

      assertThat(run(Map.of("PORT", "" + port))).hasValue(ExitCode.PORT);

      assertThat(err.toString(StandardCharsets.UTF_8))
          .startsWith("web-node: port " + port + " cannot be listened on (Address already in use)")
          .hasLineCount(1);
    }
  }

  @Test
  void printsItsHelpAndServesNothing() {
    assertThat(WebNode.run(List.of("--help"), Map.of(), new PrintStream(out), new PrintStream(err)))
        .hasValue(ExitCode.OK);

    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("usage: ");
    assertThat(err.size()).isZero();
  }

  private Optional<ExitCode> run(Map<String, String> environment) {
    return WebNode.run(
        List.of(),
        environment,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }
}
