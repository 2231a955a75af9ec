package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.rollcall.lb.haproxy.Haproxy.ReloadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AttachedHaproxyTest {

  @TempDir Path directory;
  private Path path;
  private final AtomicInteger restarts = new AtomicInteger();

  @BeforeEach
  void path() {
    path = directory.resolve("master.sock");
  }

  @Test
  void reportsRunningHaproxyOnAttach() throws Exception {
    try (FakeMasterSocket master = FakeMasterSocket.at(path, new Shown(50, 2, 8));
        AttachedHaproxy haproxy = AttachedHaproxy.attach(path)) {
      assertThat(haproxy.status().running()).isTrue();
      assertThat(haproxy.status().version()).isEqualTo("3.0.11");
      assertThat(haproxy.status().workerPid()).isEqualTo(8);
      assertThat(haproxy.status().reloads()).isEqualTo(2);
      assertThat(haproxy.status().problem()).isNull();
      assertThat(master.commands()).contains("show proc");
    }
  }

  @Test
  void reportsMissingSocket() throws Exception {
    try (AttachedHaproxy haproxy = AttachedHaproxy.attach(path)) {
      assertThat(haproxy.status().running()).isFalse();
      assertThat(haproxy.status().problem())
          .isEqualTo("nobody answers at " + path + ": No such file or directory");
    }
  }

  @Test
  void changeOfAnAbsentHaproxyFails() throws Exception {
    try (AttachedHaproxy haproxy = AttachedHaproxy.attach(path)) {
      assertThatExceptionOfType(RuntimeApiException.class)
          .isThrownBy(() -> haproxy.change(List.of()))
          .withMessageStartingWith("HAProxy at " + path + ": cannot connect: ");
    }
  }

  @Test
  void notifiesWhenHaproxyAppears() throws Exception {
    try (AttachedHaproxy haproxy = AttachedHaproxy.attach(path)) {
      haproxy.onRestart(restarts::incrementAndGet);
      try (FakeMasterSocket master = FakeMasterSocket.at(path, new Shown(1, 0, 8))) {
        await().until(() -> restarts.get() == 1);
        assertThat(haproxy.status().running()).isTrue();
        assertThat(master.count("reload")).isZero();
      }
    }
  }

  @Test
  void notifiesWhenHaproxyComesBack() throws Exception {
    FakeMasterSocket first = FakeMasterSocket.at(path, new Shown(50, 0, 8));
    try (AttachedHaproxy haproxy = AttachedHaproxy.attach(path)) {
      haproxy.onRestart(restarts::incrementAndGet);
      first.close();
      await().until(() -> !haproxy.status().running());
      assertThat(restarts).hasValue(0);
      // Its absence alone tells: it looks no younger than the one before.
      try (FakeMasterSocket second = FakeMasterSocket.at(path, new Shown(59, 0, 8))) {
        await().until(() -> restarts.get() == 1);
        assertThat(second.commands()).isNotEmpty();
      }
    }
  }

  @Test
  void notifiesOfRestartBetweenTwoPolls() throws Exception {
    Shown process = new Shown(50, 3, 20);
    try (FakeMasterSocket master = FakeMasterSocket.at(path, process);
        AttachedHaproxy haproxy = AttachedHaproxy.attach(path)) {
      haproxy.onRestart(restarts::incrementAndGet);
      process.uptime = 0;
      process.reloads = 0;
      process.worker = 8;
      await().until(() -> restarts.get() == 1);
      assertThat(haproxy.status().workerPid()).isEqualTo(8);
      assertThat(master.count("reload")).isZero();
    }
  }

  @Test
  void notifiesOfReloadBySomebodyElse() throws Exception {
    Shown process = new Shown(50, 3, 20);
    try (FakeMasterSocket master = FakeMasterSocket.at(path, process);
        AttachedHaproxy haproxy = AttachedHaproxy.attach(path)) {
      haproxy.onRestart(restarts::incrementAndGet);
      process.reloads = 4;
      process.worker = 25;
      await().until(() -> restarts.get() == 1);
      assertThat(haproxy.status().workerPid()).isEqualTo(25);
      assertThat(master.count("reload")).isZero();
    }
  }

  @Test
  void doesNotNotifyOfOwnReload() throws Exception {
    Shown process = new Shown(50, 3, 20);
    try (FakeMasterSocket master = FakeMasterSocket.at(path, process);
        AttachedHaproxy haproxy = AttachedHaproxy.attach(path)) {
      haproxy.onRestart(restarts::incrementAndGet);
      assertThat(haproxy.reload()).isInstanceOf(ReloadResult.Success.class);
      int looks = master.commands().size();
      await().until(() -> master.commands().size() > looks + 1);
      assertThat(restarts).hasValue(0);
      assertThat(haproxy.status().reloads()).isEqualTo(4);
    }
  }

  @Test
  void asksAgainWhenALongReplyStops() throws Exception {
    String reply =
        HaproxyReplies.state(
            IntStream.range(0, 2_000)
                .mapToObj(i -> "be/s%s 10.0.0.1 80 0 1".formatted(i))
                .toArray(String[]::new));
    Shown process = new Shown(50, 3, 20);
    AtomicInteger looks = new AtomicInteger();
    AtomicInteger stalls = new AtomicInteger(1);
    FakeMasterSocket.Script script =
        command ->
            switch (command) {
              case "prompt" -> "master> ";
              case "@1 show servers state" ->
                  looks.incrementAndGet() > stalls.get() ? reply + "\n\nmaster> " : reply;
              default -> process.answer(command);
            };
    try (FakeMasterSocket master = FakeMasterSocket.at(path, script);
        AttachedHaproxy haproxy = AttachedHaproxy.attach(path)) {
      assertThat(haproxy.servers()).hasSize(2_000);
      assertThat(looks).hasValue(2);
      assertThat(master.count("reload")).isZero();

      stalls.set(4);
      assertThatExceptionOfType(RuntimeApiException.class)
          .isThrownBy(haproxy::servers)
          .withMessageContaining("the reply stopped after " + reply.length() + " bytes");
      assertThat(haproxy.reasonToReload()).isEmpty();
    }
  }

  @Test
  void asksForAReloadBeforeTheMasterHasLostAllItsConnections() {
    LostConnections lost = new LostConnections();
    HaproxyStatus status = status(0);
    for (int i = 1; i < LostConnections.MAX_LOST; i++) {
      lost.recordStalledReply(status);
    }
    assertThat(lost.reasonToReload(status)).isEmpty();
    lost.recordStalledReply(status);
    assertThat(lost.reasonToReload(status))
        .hasValue("HAProxy's master has lost 5 of its 10 connections (haproxy#3070)");

    HaproxyStatus reloaded = status(1);
    assertThat(lost.reasonToReload(reloaded)).isEmpty();
    lost.recordStalledReply(reloaded);
    assertThat(lost.reasonToReload(reloaded)).isEmpty();
  }

  private static HaproxyStatus status(int reloads) {
    return new HaproxyStatus(
        HaproxyStatus.Mode.ATTACHED, true, "3.0.11", 7, 8, Duration.ZERO, reloads, 0, 0, null);
  }

  @Test
  void rejectsPathThatIsNotASocket() throws IOException {
    Path file = Files.writeString(directory.resolve("haproxy.cfg"), "text");

    assertThatExceptionOfType(HaproxyUnavailableException.class)
        .isThrownBy(() -> AttachedHaproxy.attach(file))
        .withMessage("not a socket: " + file + ": name the path that HAProxy was given with -S");
    assertThatExceptionOfType(HaproxyUnavailableException.class)
        .isThrownBy(() -> AttachedHaproxy.attach(directory));
  }

  @Test
  void rejectsPathTooLongForASocket() {
    Path tooLong = Path.of("/run/" + "x".repeat(110));

    assertThatExceptionOfType(HaproxyUnavailableException.class)
        .isThrownBy(() -> AttachedHaproxy.attach(tooLong))
        .withMessageContaining("longer than 107 bytes");
  }

  /** What {@code show proc} tells of. */
  private static final class Shown implements FakeMasterSocket.Script {

    private volatile int uptime;
    private volatile int reloads;
    private volatile int worker;

    Shown(int uptime, int reloads, int worker) {
      this.uptime = uptime;
      this.reloads = reloads;
      this.worker = worker;
    }

    @Override
    public String answer(String command) {
      if (command.equals("reload")) {
        int done = reloads + 1;
        reloads = done;
        worker = 20 + 5 * done;
        return "Success=1\n--\n\n";
      }
      return command.equals("show proc")
          ? "1 master %d [failed: 0] 0d00h00m%02ds 3.0.11\n# workers\n%d worker 0 0d00h00m01s 3.0.11\n"
              .formatted(reloads, uptime % 60, worker)
          : "Pid: " + worker + "\nListeners: 1\nStopping: 0\n\n";
    }
  }
}
