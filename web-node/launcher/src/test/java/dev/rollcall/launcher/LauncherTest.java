package dev.rollcall.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  /** What an operator, or somebody who can set a variable, may write there. */
  @ParameterizedTest
  @CsvSource({
    "SERVICE_ADDRESS, not a host",
    "SERVICE_ADDRESS, http://198.51.100.7",
    "SERVICE_ADDRESS, $(reboot)",
    "SERVICE_NETWORK, 10.0.0.0/99",
    "SERVICE_NETWORK, everything",
    "DRAIN_QUIET, -1s",
    "DRAIN_LIMIT, for ever",
    "CONSUL_HTTP_ADDR, ftp://consul",
  })
  void refusesASettingThatIsNotAllowedBeforeTheProgramIsStarted(
      String name, String value, @TempDir Path directory) throws Exception {
    Map<String, String> environment = new HashMap<>(NO_CONSUL);
    environment.put(name, value);
    Path started = directory.resolve("started");

    int code = run(environment, "--name", "web", "--port", freePort(), "touch", started.toString());

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).startsWith("launcher: " + name).hasLineCount(1);
    assertThat(started).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"web;reboot", "../web", "web\nserver evil 198.51.100.7:80", "wéb", "-", "a/b"})
  void refusesANameThatIsNoHostName(String name) throws Exception {
    assertThat(run(NO_CONSUL, "--name", name, "--port", freePort(), "true")).isEqualTo(2);
    assertThat(err.toString()).startsWith("launcher: SERVICE_NAME").hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource({
    "--port, 0",
    "--port, 65536",
    "--port, http",
    "--check, https:/health",
    "--check, http://198.51.100.7/",
    "--check-interval, 0s",
    "--start-timeout, 5",
    "--stop-signal, 15",
    "--stop-timeout, 1h",
  })
  void refusesAnOptionThatIsNotUnderstood(String option, String value) {
    String port = option.equals("--port") ? "--check=tcp" : "--port=8080";
    assertThat(run(NO_CONSUL, "--name", "web", port, option, value, "true")).isEqualTo(2);
    assertThat(err.toString()).startsWith("launcher: ").contains(option).hasLineCount(1);
  }

  @Test
  void aProgramThatForksAndEndsHasEnded() throws Exception {
    assertThat(
            run(NO_CONSUL, "--name", "web", "--port", freePort(), "sh", "-c", "sleep 1 & exit 0"))
        .isZero();
  }
}
