package dev.rollcall.lb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SignalsTest {

  /** Without the handler this process would end here. */
  @Test
  void aHangUpBeforeTheHandlerIsSetIsHandledLater() throws Exception {
    assumeFalse(ignored(), "whoever started this process has it ignore SIGHUP");
    CountDownLatch obeyed = new CountDownLatch(1);
    Signals.deferHangUp();

    hangUp();
    Signals.onHangUp(obeyed::countDown);

    assertThat(obeyed.await(30, TimeUnit.SECONDS)).isTrue();
  }

  private static void hangUp() throws IOException, InterruptedException {
    String self = Long.toString(ProcessHandle.current().pid());
    Process kill = new ProcessBuilder("/bin/sh", "-c", "kill -s HUP \"$0\"", self).start();
    assertThat(kill.waitFor()).isZero();
  }

  private static boolean ignored() throws IOException {
    String ignored =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .findFirst()
            .orElseThrow();
    return (Long.parseUnsignedLong(ignored.substring(7).strip(), 16) & 1) == 1;
  }
}
