package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.haproxy.Haproxy.ReloadResult;
import dev.rollcall.lb.haproxy.MasterCli.Timeouts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class VerifiedReloadTest {

  /** Long enough for a slow machine: for results that come as soon as they can. */
  private static final Timeouts PATIENT = timeouts(Duration.ofSeconds(20));

  /** For results that are the end of a limit. */
  private static final Timeouts HASTY = timeouts(Duration.ofMillis(400));

  @TempDir Path directory;
  private Path path;

  @BeforeEach
  void path() {
    path = directory.resolve("master.sock");
  }

  /** A master as far as a reload goes: its counts, and what becomes of a command. */
  private static class Model implements FakeMasterSocket.Script {

    final String version;
    int reloads;
    int failed;
    long worker = 8;
    long listeners = 1;
    boolean currentListedAsOld;

    Model(String version) {
      this.version = version;
    }

    @Override
    public synchronized String answer(String command) throws InterruptedException {
      return switch (command) {
        case "show proc" -> processes();
        case "@1 show info" -> "Pid: " + worker + "\nListeners: " + listeners + "\nStopping: 0\n\n";
        case "reload" -> reload();
        default -> "Unknown command: '" + command + "'\n";
      };
    }

    String reload() throws InterruptedException {
      return success();
    }

    final String success() {
      reloads++;
      failed = 0;
      worker += 5;
      return tells() ? "Success=1\n--\n[NOTICE] (1) : Loading success.\n\n" : "";
    }

    final String failure() {
      reloads++;
      failed++;
      return tells() ? "Success=0\n--\n[ALERT]    (1) : config : bogus\n\n" : "";
    }

    private boolean tells() {
      return !version.startsWith("2.6");
    }

    private String processes() {
      return "#<PID> <type> <reloads> <uptime> <version>\n"
          + ("1 master " + reloads + " [failed: " + failed + "] 0d00h00m09s " + version + "\n")
          + (currentListedAsOld ? "# workers\n# old workers\n" : "# workers\n")
          + (worker + " worker 0 0d00h00m01s " + version + "\n\n");
    }
  }

  @Test
  void succeedsWhenMasterReportsSuccessAndNewWorkerListens() {
    try (FakeMasterSocket master = FakeMasterSocket.at(path, new Model("3.0.11"))) {
      assertThat(reload()).isInstanceOf(ReloadResult.Success.class);
      assertThat(master.count("reload")).isEqualTo(1);
    }
  }

  @Test
  void isRefusedWithMessageOfMaster() {
    Model model =
        new Model("3.0.11") {
          @Override
          String reload() {
            return failure();
          }
        };
    try (FakeMasterSocket master = FakeMasterSocket.at(path, model)) {
      assertThat(reload()).isEqualTo(new ReloadResult.Refused("config : bogus"));
      assertThat(master.count("reload")).isEqualTo(1);
    }
  }

  @Test
  void succeedsBefore27WhenWorkerChanged() {
    try (FakeMasterSocket master = FakeMasterSocket.at(path, new Model("2.6.12"))) {
      assertThat(reload()).isInstanceOf(ReloadResult.Success.class);
      assertThat(master.count("reload")).isEqualTo(1);
    }
  }

  @Test
  void isRefusedBefore27WhenFailureWasCounted() {
    Model model =
        new Model("2.6.12") {
          @Override
          String reload() {
            return failure();
          }
        };
    try (FakeMasterSocket master = FakeMasterSocket.at(path, model)) {
      assertThat(reload()).isInstanceOf(ReloadResult.Refused.class);
      assertThat(master.count("reload")).isEqualTo(1);
    }
  }

  @Test
  void repeatsLostCommand() {
    for (String version : new String[] {"2.6.12", "3.0.11"}) {
      Model model =
          new Model(version) {
            private boolean lost;

            @Override
            String reload() {
              boolean first = !lost;
              lost = true;
              return first ? "" : success();
            }
          };
      try (FakeMasterSocket master = FakeMasterSocket.at(path, model)) {
        assertThat(reload()).as(version).isInstanceOf(ReloadResult.Success.class);
        assertThat(master.count("reload")).isEqualTo(2);
      }
    }
  }

  @Test
  void repeatsCommandWhenReplyWasLost() {
    Model model =
        new Model("3.0.11") {
          @Override
          String reload() {
            String answer = success();
            return reloads == 1 ? "" : answer;
          }
        };
    try (FakeMasterSocket master = FakeMasterSocket.at(path, model)) {
      assertThat(reload()).isInstanceOf(ReloadResult.Success.class);
      assertThat(master.count("reload")).isEqualTo(2);
    }
  }

  @Test
  void failsWhenCommandsHaveNoEffect() {
    Model model =
        new Model("3.0.11") {
          @Override
          String reload() {
            return "";
          }
        };
    try (FakeMasterSocket master = FakeMasterSocket.at(path, model)) {
      assertThat(reload()).isInstanceOf(ReloadResult.NotServing.class);
      assertThat(master.count("reload")).isEqualTo(4);
    }
  }

  @Test
  void failsWhenNewWorkerDoesNotListen() {
    Model model = new Model("3.0.11");
    model.listeners = 0;
    try (FakeMasterSocket master = FakeMasterSocket.at(path, model)) {
      assertThat(hastyReload())
          .isInstanceOfSatisfying(
              ReloadResult.NotServing.class,
              broken -> assertThat(broken.message()).contains("does not listen"));
      assertThat(master.count("reload")).isEqualTo(1);
    }
  }

  @Test
  void failsWhenWorkerStaysTheSame() {
    Model model =
        new Model("3.2.26") {
          @Override
          String reload() {
            return "Success=1\n--\n\n";
          }
        };
    try (FakeMasterSocket master = FakeMasterSocket.at(path, model)) {
      assertThat(hastyReload())
          .isInstanceOfSatisfying(
              ReloadResult.NotServing.class,
              broken -> assertThat(broken.message()).contains("no new worker"));
      assertThat(master.count("reload")).isEqualTo(1);
    }
  }

  @Test
  void succeedsAfterRefusalThatListedTheWorkerAsOld() {
    Model model =
        new Model("3.2.26") {
          @Override
          String reload() {
            currentListedAsOld = false;
            return success();
          }
        };
    model.currentListedAsOld = true;
    try (FakeMasterSocket master = FakeMasterSocket.at(path, model)) {
      assertThat(reload()).isInstanceOf(ReloadResult.Success.class);
      assertThat(master.count("reload")).isEqualTo(1);
    }
  }

  @Test
  void failsWhenMasterDoesNotReplyInTime() {
    CountDownLatch never = new CountDownLatch(1);
    Model model =
        new Model("3.0.11") {
          @Override
          String reload() throws InterruptedException {
            never.await();
            return "";
          }
        };
    try (FakeMasterSocket master = FakeMasterSocket.at(path, model)) {
      assertThat(hastyReload()).isInstanceOf(ReloadResult.NotServing.class);
      assertThat(master.count("reload")).isEqualTo(1);
      never.countDown();
    }
  }

  @Test
  void isUnreachableWhenSocketIsMissing() {
    assertThat(reload())
        .isEqualTo(
            new ReloadResult.Unreachable(
                "nobody answers at " + path + ": No such file or directory"));
  }

  @Test
  void isUnreachableThroughAnotherKindOfSocket() {
    try (FakeMasterSocket master =
        FakeMasterSocket.at(path, command -> "Unknown command: '" + command + "'\n")) {
      assertThat(reload())
          .isEqualTo(
              new ReloadResult.Unreachable("not a master's answer: Unknown command: 'show proc'"));
      assertThat(master.count("reload")).isZero();
    }
  }

  @Test
  void isUnreachableWhenReloadIsNotPermitted() {
    Model model =
        new Model("3.0.11") {
          @Override
          String reload() {
            return "Permission denied\n";
          }
        };
    try (FakeMasterSocket master = FakeMasterSocket.at(path, model)) {
      assertThat(reload())
          .isInstanceOfSatisfying(
              ReloadResult.Unreachable.class,
              unreachable ->
                  assertThat(unreachable.reason())
                      .contains("operator")
                      .endsWith("Permission denied"));
      assertThat(master.count("reload")).isEqualTo(1);
    }
  }

  @Test
  void failsAtOnceWhenMasterHasExited() {
    AtomicInteger asked = new AtomicInteger();
    FakeMasterSocket[] holder = new FakeMasterSocket[1];
    Model model =
        new Model("3.0.11") {
          @Override
          String reload() {
            holder[0].close();
            return "";
          }
        };
    holder[0] = FakeMasterSocket.at(path, model);
    BooleanSupplier alive = () -> asked.incrementAndGet() < 1;

    long began = System.nanoTime();
    assertThat(reload(PATIENT, alive)).isInstanceOf(ReloadResult.NotServing.class);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(PATIENT.settle());
  }

  @Test
  void stopsWhenInterrupted() {
    try (FakeMasterSocket master = FakeMasterSocket.at(path, new Model("3.0.11"))) {
      Thread.currentThread().interrupt();

      assertThat(reload()).isInstanceOf(ReloadResult.Unreachable.class);

      assertThat(Thread.interrupted()).isTrue();
      assertThat(master.count("reload")).isZero();
    }
  }

  private ReloadResult reload() {
    return reload(PATIENT, () -> true);
  }

  private ReloadResult hastyReload() {
    return reload(HASTY, () -> true);
  }

  private ReloadResult reload(Timeouts timeouts, BooleanSupplier mayAnswer) {
    return new VerifiedReload(new MasterCli(new HaproxySocket(path), timeouts), mayAnswer).run();
  }

  private static Timeouts timeouts(Duration events) {
    return new Timeouts(
        Duration.ofMillis(150),
        events,
        events,
        Duration.ofMillis(100),
        events,
        Duration.ofMillis(5));
  }
}
