package dev.rollcall.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramCheckTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  @ParameterizedTest
  @CsvSource({
    "200, PASSING",
    "204, PASSING",
    "302, PASSING",
    "404, CRITICAL",
    "429, WARNING",
    "503, CRITICAL"
  })
  void judgesTheStatus(int status, HealthStatus expected) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/health",
        exchange -> {
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    try {
      int port = server.getAddress().getPort();
      HealthReport report = ProgramCheck.parse("http:/health", port, TIMEOUT).run();
      assertThat(report.status()).isEqualTo(expected);
      if (expected != HealthStatus.PASSING) {
        assertThat(report.output()).isEqualTo("GET /health at port " + port + ": status " + status);
      }
    } finally {
      server.stop(0);
    }
  }

  @Test
  void takesAConnectionForAnAnswerOfTcp() throws IOException {
    int port;
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = server.getLocalPort();
      assertThat(ProgramCheck.parse("tcp", port, TIMEOUT).run()).isEqualTo(HealthReport.passing());
    }
    HealthReport report = ProgramCheck.parse("tcp", port, TIMEOUT).run();
    assertThat(report.status()).isEqualTo(HealthStatus.CRITICAL);
    assertThat(report.output()).startsWith("port " + port + ": Connection refused");
  }

  @Test
  void givesUpOnAServerThatIsSilent() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ProgramCheck check =
          ProgramCheck.parse("http:/", server.getLocalPort(), Duration.ofMillis(50));
      assertThat(check.run().status()).isEqualTo(HealthStatus.CRITICAL);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "http", "http://other/health", "http:health", "https:/", "http:/a b"})
  void refusesAnythingElseInOneLine(String text) {
    assertThatThrownBy(() -> ProgramCheck.parse(text, 80, TIMEOUT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "--check is \"" + text + "\" but must be: tcp, or http:/path, such as http:/health");
  }
}
