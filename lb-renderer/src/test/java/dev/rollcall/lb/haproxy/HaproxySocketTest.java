package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class HaproxySocketTest {

  private static final Duration LONG = Duration.ofSeconds(10);
  private static final Duration SHORT = Duration.ofMillis(200);

  @TempDir Path directory;
  private Path path;

  @BeforeEach
  void path() {
    path = directory.resolve("master.sock");
  }

  @Test
  void readsReplyOfMasterThatKeepsTheConnectionOpen() throws IOException {
    try (FakeMasterSocket master =
        FakeMasterSocket.at(path, command -> "answer to " + command + "\n\n")) {
      assertThat(ask("show proc", LONG)).isEqualTo("answer to show proc\n\n");
      assertThat(master.commands()).containsExactly("show proc");
    }
  }

  @Test
  void readsEmptyReply() throws IOException {
    try (FakeMasterSocket master = FakeMasterSocket.at(path, command -> "")) {
      assertThat(ask("reload", LONG)).isEmpty();
      assertThat(master.count("reload")).isEqualTo(1);
    }
  }

  @Test
  void cutsEndlessReply() throws IOException {
    try (FakeMasterSocket master = FakeMasterSocket.at(path, command -> "x".repeat(1024 * 1024))) {
      assertThat(ask("show proc", LONG)).hasSizeBetween(262_144, 300_000);
      assertThat(master.commands()).hasSize(1);
    }
  }

  private FakeMasterSocket silentUntil(CountDownLatch released) {
    return FakeMasterSocket.at(
        path,
        command -> {
          released.await();
          return "";
        });
  }

  @Test
  void timesOutWhenMasterIsSilent() {
    CountDownLatch never = new CountDownLatch(1);
    try (FakeMasterSocket master = silentUntil(never)) {
      assertThatExceptionOfType(SocketTimeoutException.class)
          .isThrownBy(() -> ask("show proc", SHORT));
      assertThat(master.count("show proc")).isEqualTo(1);
      never.countDown();
    }
  }

  @Test
  void failsWhenInterrupted() {
    CountDownLatch never = new CountDownLatch(1);
    try (FakeMasterSocket master = silentUntil(never)) {
      Thread.currentThread().interrupt();

      assertThatExceptionOfType(InterruptedIOException.class)
          .isThrownBy(() -> ask("show proc", LONG));

      assertThat(Thread.interrupted()).isTrue();
      assertThat(master.count("show proc")).isLessThanOrEqualTo(1);
      never.countDown();
    }
  }

  @Test
  void reportsMissingSocket() {
    assertThatExceptionOfType(HaproxySocket.ConnectFailedException.class)
        .isThrownBy(() -> ask("show proc", LONG))
        .withMessage("nobody answers at " + path + ": No such file or directory");
  }

  @Test
  void reportsRefusedConnection() throws IOException {
    FakeMasterSocket.at(path, command -> "").close();
    try (var bound = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      bound.bind(UnixDomainSocketAddress.of(path));
    }

    assertThatExceptionOfType(HaproxySocket.ConnectFailedException.class)
        .isThrownBy(() -> ask("show proc", LONG))
        .withMessage("nobody answers at " + path + ": Connection refused");
  }

  private String ask(String command, Duration timeout) throws IOException {
    return new HaproxySocket(path).ask(command, timeout, HaproxySocket.MAX_REPLY_BYTES);
  }
}
