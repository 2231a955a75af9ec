package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.examples.PlainMain;
import dev.rollcall.test.ConsulContainer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The example without a framework, as a process of its own. */
class PlainMainIT {

  private final ConsulContainer consul = new ConsulContainer();

  @AfterEach
  void stop() {
    consul.stop();
  }

  private static Process start(String address) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            PlainMain.class.getName());
    builder.environment().put("CONSUL_HTTP_ADDR", address);
    return builder.redirectErrorStream(true).start();
  }

  @Test
  void isListedWhileItRunsAndGoneAfterItWasTerminated() throws Exception {
    consul.start();
    Process process = start(consul.address().toString());
    try {
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> consul.passing("hello").contains("\"plain\""));
      process.destroy();
      assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(143);
      assertThat(consul.get("/v1/agent/services")).doesNotContain("hello");
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aWrongAddressIsOneLineAndExitCodeTwo() throws Exception {
    Process process = start("no address");
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(2);
      assertThat(said.strip().lines()).singleElement().asString().contains("CONSUL_HTTP_ADDR");
    } finally {
      process.destroyForcibly();
    }
  }
}
