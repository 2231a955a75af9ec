package dev.rollcall.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong is said in one line, with an exit code. */
class LauncherTest {
  /** Nobody is there. */
  private static final Map<String, String> NO_CONSUL = Map.of("CONSUL_HTTP_ADDR", "127.0.0.1:1");

  private final StringWriter err = new StringWriter();

  private int run(Map<String, String> environment, String... arguments) {
    return Launcher.execute(environment, new PrintWriter(err, true), arguments);
  }

  private void refused(int code, String line, String... arguments) {
    assertThat(run(NO_CONSUL, arguments)).isEqualTo(code);
    assertThat(err).hasToString("launcher: " + line + "\n");
  }

  private static String freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return Integer.toString(socket.getLocalPort());
    }
  }

  @Test
  void wantsAProgram() {
    refused(
        2, "Missing required parameter: 'PROGRAM'; see --help", "--name", "web", "--port", "80");
  }

  @Test
  void wantsAPort() {
    refused(2, "Missing required option: '--port=PORT'; see --help", "--name", "web", "true");
  }

  @Test
  void wantsAName() {
    refused(
        2, "the service has no name: give --name or SERVICE_NAME", "--port", "80", "--", "true");
  }

  @Test
  void wantsANameThatConsulTakes() {
    assertThat(run(NO_CONSUL, "--name", "a b", "--port", "80", "true")).isEqualTo(2);
    assertThat(err.toString()).startsWith("launcher: SERVICE_NAME").hasLineCount(1);
  }

  @Test
  void saysThatAProgramIsNotThere() throws Exception {
    refused(
        127,
        "there is no program '/no/such'",
        "--name",
        "web",
        "--port",
        freePort(),
        "--",
        "/no/such",
        "-x");
  }

  @Test
  void saysThatAProgramCannotBeExecuted(@TempDir Path directory) throws Exception {
    Path text = Files.writeString(directory.resolve("text"), "hello");
    assertThat(run(NO_CONSUL, "--name", "web", "--port", freePort(), text.toString()))
        .isEqualTo(126);
    assertThat(err.toString())
        .startsWith("launcher: the program '" + text + "' cannot be executed");
  }

  @Test
  void saysThatThePortIsTaken() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = socket.getLocalPort();
      refused(
          4,
          "port " + port + " is taken already: end who has it, or give --port another",
          "--name",
          "web",
          "--port",
          Integer.toString(port),
          "true");
    }
  }

  @Test
  void endsWithTheProgramsExitCode() throws Exception {
    assertThat(run(NO_CONSUL, "--name", "web", "--port", freePort(), "sh", "-c", "exit 9"))
        .isEqualTo(9);
    assertThat(err).hasToString("");
  }

  @Test
  void stopsAProgramWhoseCheckDoesNotPassInTime() throws Exception {
    String port = freePort();
    refused(
        5,
        "the check did not pass within 0 s: port " + port + ": Connection refused",
        "--name",
        "web",
        "--port",
        port,
        "--check-interval",
        "10ms",
        "--start-timeout",
        "50ms",
        "sleep",
        "60");
  }

  @Test
  void helpNamesEveryExitCodeAndOption() {
    assertThat(run(NO_CONSUL, "--help")).isZero();
  }
}
