package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.Haproxy.ReloadResult;
import dev.rollcall.lb.haproxy.ServerState;
import dev.rollcall.lb.update.OperatorOverride.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** An HAProxy whose servers change while it runs: what it is told, what is written, what is not. */
class RuntimeServersTest {

  private static final ServerName A = new ServerName("be", "a");
  private static final ServerName B = new ServerName("be", "b");
  private static final String ONE = config("server a 10.0.0.1:80");
  private static final String TWO = config("server a 10.0.0.1:80\n  server b 10.0.0.2:80");
  private static final String ADD_B =
      "change add server be/b 10.0.0.2:80 weight 1; enable server be/b";
  private static final String STOP_B = "change set server be/b weight 0";
  private static final String DRAIN_B = "change set server be/b state drain";

  @TempDir Path directory;
  private Path target;
  private FakeHaproxy haproxy;
  private ConfigApplier applier;
  private long nanos = Long.MAX_VALUE - 5;

  @BeforeEach
  void runOne() {
    target = directory.resolve("haproxy.cfg");
    haproxy = new FakeHaproxy(target).version("3.0.11-1+deb13u3");
    applier = startedAgain();
    applier.apply(ONE);
    applier.maintain();
    haproxy.seen.clear();
  }

  @Test
  void addsServerWithoutReloadAndWritesTheFile() throws IOException {
    assertThat(summary(applier.apply(TWO))).isEqualTo("1 server added in backend be");

    assertThat(haproxy.seen).containsExactly(ADD_B, "check " + TWO);
    assertThat(target).hasContent(TWO);
    assertThat(Files.readString(directory.resolve("haproxy.cfg.good"))).isEqualTo(TWO);
    assertThat(Files.readString(directory.resolve("haproxy.cfg.backup.1"))).isEqualTo(ONE);
    assertThat(applier.apply(TWO)).isEqualTo(new ApplyResult.NoChange());
    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void removesIdleServerAtOnce() {
    applier.apply(TWO);
    haproxy.seen.clear();

    assertThat(summary(applier.apply(ONE))).isEqualTo("1 server removed in backend be");

    assertThat(haproxy.seen).containsExactly(STOP_B, DRAIN_B, "check " + ONE);
    assertThat(haproxy.servers).containsOnlyKeys(A);
    assertThat(maintainAfter(RuntimeServers.PAUSE.toNanos())).isEmpty();
  }

  @Test
  void deletesBusyServerOnceItIsIdle() {
    applier.apply(TWO);
    haproxy.busy(B);
    assertThat(applier.apply(ONE)).isInstanceOf(ApplyResult.RuntimeChanged.class);
    haproxy.seen.clear();

    assertThat(summary(applier.apply(config("server a 10.0.0.1:80\n  server c 10.0.0.3:80"))))
        .isEqualTo("1 server added in backend be");
    assertThat(maintainAfter(0)).containsExactly("delete be/b");
    assertThat(maintainAfter(RuntimeServers.PAUSE.toNanos() - 1)).isEmpty();
    haproxy.idle();
    assertThat(maintainAfter(1)).containsExactly("delete be/b");
    assertThat(maintainAfter(RuntimeServers.PAUSE.toNanos())).isEmpty();
    assertThat(haproxy.servers).doesNotContainKey(B);
  }

  @Test
  void putsBusyServerIntoMaintenanceAfterTheDrainTime() {
    applier.apply(TWO);
    haproxy.busy(B);
    applier.apply(ONE);

    assertThat(maintainAfter(RuntimeServers.DRAIN.toNanos() - 1)).containsExactly("delete be/b");
    assertThat(maintainAfter(RuntimeServers.PAUSE.toNanos()))
        .containsExactly("delete be/b overdue");
  }

  @Test
  void reinstatesDrainingServer() {
    applier.apply(TWO);
    haproxy.busy(B);
    applier.apply(ONE);
    haproxy.seen.clear();

    assertThat(applier.apply(TWO)).isInstanceOf(ApplyResult.RuntimeChanged.class);

    assertThat(haproxy.seen.get(0))
        .isEqualTo(
            "change set server be/b addr 10.0.0.2 port 80; set server be/b weight 1;"
                + " set server be/b state ready");
    assertThat(maintainAfter(RuntimeServers.PAUSE.toNanos())).isEmpty();
    assertThat(haproxy.servers).containsOnlyKeys(A, B);
  }

  @Test
  void addsServerAgainThatWasDeleted() {
    applier.apply(TWO);
    applier.apply(ONE);
    haproxy.seen.clear();

    applier.apply(TWO);

    assertThat(haproxy.seen).startsWith(ADD_B);
  }

  @Test
  void reloadsWhenHaproxyRefusesTheChange() {
    haproxy.refusingChanges("\"add server be/b\" was answered \"Out of memory.\"");

    assertThat(reason(applier.apply(TWO)))
        .isEqualTo(
            "1 server added in backend be; not while it runs:"
                + " \"add server be/b\" was answered \"Out of memory.\"");

    assertThat(haproxy.seen).containsExactly(ADD_B, "check " + TWO, "reload " + TWO);
    assertThat(target).hasContent(TWO);
  }

  @Test
  void reloadsWhenTheChangeDidNotTakeEffect() {
    haproxy.atChange = () -> haproxy.servers.remove(B);

    assertThat(reason(applier.apply(TWO)))
        .isEqualTo(
            "1 server added in backend be; not while it runs:"
                + " HAProxy has not what it should: be/b is missing");
  }

  @Test
  void comparesServersThatDidNotChangeLater() {
    haproxy.servers.remove(A);

    assertThat(applier.apply(TWO)).isInstanceOf(ApplyResult.RuntimeChanged.class);

    assertThat(maintainAfter(RuntimeServers.COMPARE.toNanos()))
        .containsExactly("change add server be/a 10.0.0.1:80 weight 1; enable server be/a");
  }

  @Test
  void reloadsForMoreThanServers() {
    assertThat(reason(applier.apply(TWO.replace("roundrobin", "leastconn"))))
        .isEqualTo("backend be changed");
  }

  @Test
  void reloadsOldHaproxy() {
    haproxy.version("2.6.12-1+deb12u3");

    assertThat(reason(applier.apply(TWO)))
        .isEqualTo(
            "1 server added in backend be;"
                + " HAProxy 2.6.12 does not add and remove servers safely while it runs");
    assertThat(haproxy.seen).containsExactly("check " + TWO, "reload " + TWO);
  }

  @Test
  void reloadOnlyMakesNoRuntimeChanges() {
    ConfigApplier once = ConfigApplier.reloadOnly(new ConfigFile(target), haproxy);

    assertThat(reason(once.apply(TWO))).isEqualTo("1 server added in backend be");
  }

  @Test
  void rollsBackServersThatTheCheckRefuses() {
    haproxy.refusingTextsWith("server b", "line too long");

    assertThat(applier.apply(TWO)).isInstanceOf(ApplyResult.Rejected.class);

    assertThat(haproxy.seen)
        .containsExactly(ADD_B, "check " + TWO, "check " + ONE, "reload " + ONE);
    assertThat(haproxy.servers).containsOnlyKeys(A);
    assertThat(target).hasContent(ONE);
  }

  @Test
  void checksFirstAfterAChangeThatTheCheckRefused() {
    haproxy.refusingTextsWith("server b", "line too long");
    applier.apply(TWO);
    haproxy.seen.clear();

    assertThat(applier.apply(TWO)).isInstanceOf(ApplyResult.Rejected.class);
    assertThat(haproxy.seen).containsExactly("check " + TWO, "check " + ONE);

    String other = config("server a 10.0.0.1:80\n  server c 10.0.0.3:80");
    haproxy.seen.clear();
    assertThat(applier.apply(other)).isInstanceOf(ApplyResult.RuntimeChanged.class);
    assertThat(haproxy.seen).hasSize(3).first().isEqualTo("check " + other);
  }

  @Test
  void keepsChangeWhenTheRunningConfigurationIsRefusedToo() {
    haproxy.checkingWith(new ConfigCheck.Refused("no certificate"));

    assertThat(applier.apply(TWO)).isInstanceOf(ApplyResult.RuntimeChanged.class);
    assertThat(applier.warning()).contains("no certificate");
    assertThat(applier.apply(ONE)).isInstanceOf(ApplyResult.RuntimeChanged.class);

    assertThat(haproxy.seen).noneMatch(line -> line.startsWith("reload"));
    assertThat(target).hasContent(ONE);
    assertThat(applier.apply(ONE)).isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void logsSameWarningOnceThoughItsLineMoves() {
    ListAppender<ILoggingEvent> appender = new ListAppender<>();
    Logger logger = (Logger) LoggerFactory.getLogger(ConfigApplier.class);
    appender.start();
    logger.addAppender(appender);
    try {
      haproxy.checkingWith(
          new ConfigCheck.Refused("config : [/etc/h.cfg:22] : no ca-file 'x.pem'"));
      applier.apply(TWO);
      haproxy.checkingWith(
          new ConfigCheck.Refused("config : [/etc/h.cfg.candidate:21] : no ca-file 'x.pem'"));
      applier.apply(ONE);
      assertThat(appender.list).filteredOn(line -> line.getLevel() == Level.ERROR).hasSize(1);
      assertThat(applier.warning()).hasValueSatisfying(now -> assertThat(now).contains(":21]"));

      haproxy.checkingWith(
          new ConfigCheck.Refused("config : [/etc/h.cfg:21] : no ca-file 'y.pem'"));
      applier.apply(TWO);
      assertThat(appender.list).filteredOn(line -> line.getLevel() == Level.ERROR).hasSize(2);
    } finally {
      logger.detachAppender(appender);
    }
  }

  @Test
  void logsOnceThatItCannotReadWhatToCompareWith() throws IOException {
    ListAppender<ILoggingEvent> appender = new ListAppender<>();
    Logger logger = (Logger) LoggerFactory.getLogger(ConfigApplier.class);
    appender.start();
    logger.addAppender(appender);
    try {
      Path good = directory.resolve("haproxy.cfg.good");
      String text = Files.readString(good);
      for (int times = 1; times <= 2; times++) {
        Files.delete(good);
        Files.createDirectory(good);
        for (int i = 0; i < 3; i++) {
          maintainAfter(RuntimeServers.COMPARE.toNanos());
        }
        assertThat(appender.list).filteredOn(line -> line.getLevel() == Level.WARN).hasSize(times);

        Files.delete(good);
        Files.writeString(good, text);
        maintainAfter(RuntimeServers.COMPARE.toNanos());
      }
    } finally {
      logger.detachAppender(appender);
    }
  }

  @Test
  void logsWhenTheWarningIsOver() {
    haproxy.checkingWith(new ConfigCheck.Refused("no certificate"));
    applier.apply(TWO);
    haproxy.checkingWith(new ConfigCheck.Passed());

    assertThat(maintainAfter(Duration.ofSeconds(9).toNanos())).isEmpty();
    assertThat(applier.warning()).isPresent();
    assertThat(maintainAfter(Duration.ofSeconds(1).toNanos())).containsExactly("check " + TWO);
    applier.maintain();
    assertThat(applier.warning()).isEmpty();
    assertThat(maintainAfter(Duration.ofSeconds(11).toNanos())).isEmpty();
  }

  @Test
  void checkThatTimesOutKeepsTheChange() {
    haproxy.checkingWith(new ConfigCheck.TimedOut("too slow"));

    assertThat(applier.apply(TWO)).isInstanceOf(ApplyResult.RuntimeChanged.class);
    assertThat(target).hasContent(TWO);
    assertThat(directory.resolve("haproxy.cfg.good")).hasContent(TWO);
    assertThat(applier.warning()).isEmpty();
  }

  @Test
  void doesNotWaitForASlowCheck() {
    List<Runnable> checks = new ArrayList<>();
    applier = startedAgain(checks::add);
    haproxy.checkingWith(new ConfigCheck.Passed());

    assertThat(applier.apply(TWO)).isInstanceOf(ApplyResult.RuntimeChanged.class);
    String three = config("server a 10.0.0.1:80\n  server c 10.0.0.3:80");
    assertThat(applier.apply(three)).isInstanceOf(ApplyResult.RuntimeChanged.class);
    assertThat(checks).hasSize(1);
    assertThat(target).hasContent(three);
    assertThat(directory.resolve("haproxy.cfg.good")).hasContent(ONE);
    assertThat(applier.maintain()).isFalse();

    checks.remove(0).run();
    applier.maintain();
    // It was of a file that was another one by then.
    assertThat(checks).hasSize(1);
    checks.remove(0).run();
    applier.maintain();
    assertThat(checks).isEmpty();
    assertThat(directory.resolve("haproxy.cfg.good")).hasContent(three);
    assertThat(applier.apply(three)).isEqualTo(new ApplyResult.NoChange());
    assertThat(haproxy.seen).noneMatch(line -> line.startsWith("reload"));
  }

  @Test
  void rollsBackChangeThatALateCheckRefuses() {
    List<Runnable> checks = new ArrayList<>();
    applier = startedAgain(checks::add);
    haproxy.refusingTextsWith("server b", "line too long");
    applier.apply(TWO);

    checks.remove(0).run();
    assertThat(applier.maintain()).isTrue();
    assertThat(applier.reconcile()).isInstanceOf(ApplyResult.Rejected.class);
    assertThat(haproxy.servers).containsOnlyKeys(A);
    assertThat(target).hasContent(ONE);
    assertThat(applier.maintain()).isFalse();
    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void repeatsChangeWhenSomebodyElseReloadedBeforeTheFileWasWritten() {
    List<Runnable> checks = new ArrayList<>();
    applier = startedAgain(checks::add);
    applier.apply(TWO);
    haproxy.servers.remove(B);
    haproxy.seen.clear();

    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
    assertThat(haproxy.seen).containsExactly(ADD_B);
    assertThat(haproxy.servers).containsOnlyKeys(A, B);
  }

  @Test
  void writesTheFileLaterWhenItCannotBeWrittenNow() throws IOException {
    obstruct();

    assertThat(applier.apply(TWO)).isInstanceOf(ApplyResult.Failed.class);
    assertThat(haproxy.servers).containsOnlyKeys(A, B);
    assertThat(applier.apply(TWO)).isInstanceOf(ApplyResult.Failed.class);
    assertThat(applier.reconcile()).isInstanceOf(ApplyResult.Failed.class);
    assertThat(applier.maintain()).isFalse();
    clear();

    assertThat(applier.apply(TWO)).isEqualTo(new ApplyResult.NoChange());
    assertThat(target).hasContent(TWO);
    assertThat(haproxy.seen).doesNotContain("reload " + TWO);
  }

  @Test
  void repeatsChangeWhenHaproxyRestartedBeforeTheFileWasWritten() throws IOException {
    obstruct();
    applier.apply(TWO);
    haproxy.restart();
    clear();

    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());

    assertThat(haproxy.servers).containsOnlyKeys(A, B);
    assertThat(target).hasContent(TWO);
  }

  @Test
  void repairsDriftByCommands() {
    haproxy.servers.remove(A);
    assertThat(maintainAfter(RuntimeServers.COMPARE.toNanos() - 1)).isEmpty();
    assertThat(maintainAfter(1))
        .containsExactly("change add server be/a 10.0.0.1:80 weight 1; enable server be/a");
    assertThat(maintainAfter(RuntimeServers.COMPARE.toNanos())).isEmpty();
  }

  @Test
  void reloadsAHaproxyThatNeedsIt() {
    haproxy.reasonToReload = "its master has lost connections";
    nanos += RuntimeServers.COMPARE.toNanos();
    assertThat(applier.maintain()).isTrue();
    assertThat(reason(applier.reconcile())).isEqualTo("its master has lost connections");
    nanos += RuntimeServers.REPAIR.toNanos();
    assertThat(applier.maintain()).isFalse();
  }

  @Test
  void repairsDriftByReloadWithGrowingPauses() {
    haproxy.refusingChanges("not now");
    haproxy.servers.remove(A);
    nanos += RuntimeServers.COMPARE.toNanos();
    assertThat(applier.maintain()).isTrue();
    assertThat(reason(applier.reconcile()))
        .isEqualTo("HAProxy has not what it should: be/a is missing; not while it runs: not now");

    haproxy.servers.remove(A);
    nanos += RuntimeServers.COMPARE.toNanos();
    assertThat(applier.maintain()).as("a second time at once").isFalse();
    nanos += RuntimeServers.REPAIR.toNanos();
    assertThat(applier.maintain()).isTrue();
    applier.reconcile();

    haproxy.servers.remove(A);
    nanos += RuntimeServers.REPAIR.toNanos();
    assertThat(applier.maintain()).as("a third time as soon").isFalse();
    nanos += RuntimeServers.REPAIR.toNanos();
    assertThat(applier.maintain()).isTrue();
  }

  @Test
  void repairsDriftAfterOwnRestart() {
    haproxy.servers.remove(A);

    assertThat(startedAgain().maintain()).isFalse();

    assertThat(haproxy.servers).containsOnlyKeys(A);
  }

  @Test
  void repairsDriftWhenHaproxyComesBack() {
    haproxy.servers.remove(A);

    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());

    assertThat(haproxy.servers).containsOnlyKeys(A);
  }

  @Test
  void toleratesDifferencesThatRemainAfterAReload() {
    // The fake takes no notice of weights, like an HAProxy that has its own idea of a line.
    applier.apply(config("server a 10.0.0.1:80 weight 7").replace("roundrobin", "leastconn"));
    haproxy.seen.clear();

    assertThat(maintainAfter(RuntimeServers.COMPARE.toNanos())).isEmpty();
    assertThat(applier.operatorOverrides()).isEmpty();
    haproxy.servers.clear();
    assertThat(maintainAfter(RuntimeServers.COMPARE.toNanos())).hasSize(1);
  }

  @Test
  void keepsOperatorOverrideUntilItIsRemoved() {
    haproxy.setByOperator(A, 1, 3);
    assertThat(maintainAfter(RuntimeServers.COMPARE.toNanos())).isEmpty();
    assertThat(maintainAfter(RuntimeServers.COMPARE.toNanos())).isEmpty();
    assertThat(applier.operatorOverrides())
        .containsExactly(new Status("be/a", "maint and weight 3", RuntimeServers.COMPARE));

    haproxy.setByOperator(A, 0, 1);
    assertThat(maintainAfter(RuntimeServers.COMPARE.toNanos())).isEmpty();
    assertThat(applier.operatorOverrides()).isEmpty();
  }

  @Test
  void overrideSurvivesOtherChanges() {
    haproxy.setByOperator(A, 8, 3);
    assertThat(applier.apply(TWO)).isInstanceOf(ApplyResult.RuntimeChanged.class);
    assertThat(applier.apply(ONE)).isInstanceOf(ApplyResult.RuntimeChanged.class);
    assertThat(haproxy.state(A).draining()).isTrue();
    assertThat(haproxy.state(A).weight()).isEqualTo(3);
    assertThat(haproxy.seen).noneMatch(command -> command.startsWith("reload"));
  }

  @Test
  void weightOverrideWinsOverTheFile() {
    haproxy.setByOperator(A, 0, 3);

    assertThat(applier.apply(config("server a 10.0.0.1:80 weight 7")))
        .isInstanceOf(ApplyResult.RuntimeChanged.class);

    assertThat(haproxy.state(A).weight()).isEqualTo(3);
    assertThat(target).hasContent(config("server a 10.0.0.1:80 weight 7"));
    haproxy.setByOperator(A, 0, 1);
    assertThat(maintainAfter(RuntimeServers.COMPARE.toNanos()))
        .containsExactly("change set server be/a weight 7");
  }

  @Test
  void overrideIsCarriedOverOwnReload() {
    applier.apply(TWO);
    haproxy.setByOperator(A, 1, 1);
    haproxy.setByOperator(B, 0, 9);
    haproxy.seen.clear();

    assertThat(applier.apply(TWO.replace("roundrobin", "leastconn")))
        .isInstanceOf(ApplyResult.Reloaded.class);

    assertThat(haproxy.seen.get(haproxy.seen.size() - 1))
        .startsWith("change ")
        .contains("set server be/a state maint")
        .contains("set server be/b weight 9");
    assertThat(applier.operatorOverrides())
        .extracting(Status::server)
        .containsExactly("be/a", "be/b");
  }

  @Test
  void overrideIsCarriedOverARollback() {
    haproxy.setByOperator(A, 1, 1);
    haproxy.withReloadResults(new ReloadResult.NotServing("gone"));
    haproxy.reloading(haproxy::restart);

    assertThat(applier.apply(ONE.replace("roundrobin", "leastconn")))
        .isInstanceOf(ApplyResult.Rejected.class);

    assertThat(haproxy.state(A).maintenance()).isTrue();
  }

  @Test
  void overrideIsNotCarriedOverReloadBySomebodyElse() {
    haproxy.setByOperator(A, 1, 1);
    maintainAfter(RuntimeServers.COMPARE.toNanos());
    haproxy.restart();

    assertThat(maintainAfter(RuntimeServers.COMPARE.toNanos())).isEmpty();

    assertThat(applier.operatorOverrides()).isEmpty();
  }

  @Test
  void overrideFoundAtStartIsKept() {
    haproxy.setByOperator(A, 1, 1);
    ConfigApplier again = startedAgain();

    assertThat(again.reconcile()).isEqualTo(new ApplyResult.NoChange());

    assertThat(again.operatorOverrides()).hasSize(1);
    assertThat(haproxy.state(A).maintenance()).isTrue();
  }

  @Test
  void serverInMaintenanceByOverrideIsNotDrainedAndComesBackInMaintenance() {
    applier.apply(TWO);
    haproxy.setByOperator(B, 1, 1);
    haproxy.busy(B);
    haproxy.seen.clear();
    applier.apply(ONE);
    assertThat(haproxy.seen).contains("change ");

    applier.apply(TWO);

    assertThat(haproxy.state(B).maintenance()).isTrue();
  }

  @Test
  void addressesOfAStateFileAreRepairedAfterTheReload() {
    applier.apply(TWO.replace("roundrobin", "leastconn"));
    haproxy.afterReading(
        () ->
            haproxy.servers.put(
                A,
                new ServerState("be", "a", "10.0.0.1", 81, 1, 0, ServerState.Operation.RUNNING)));
    haproxy.seen.clear();

    applier.apply(TWO);

    assertThat(haproxy.seen).contains("change set server be/a addr 10.0.0.1 port 80");
    assertThat(haproxy.state(A).port()).isEqualTo(80);
  }

  @Test
  void fileWithBackendsOnlyIsAcceptedForAttachedHaproxy() {
    String part = "backend be\n  server a 10.0.0.1:80\n";
    assertThat(applier.apply(part)).isInstanceOf(ApplyResult.Reloaded.class);

    assertThat(reason(applier.apply(part + "  server b 10.0.0.2:80\n")))
        .isEqualTo(
            "1 server added in backend be; backend be: its defaults stand in no section of this"
                + " file, so another may have them");
  }

  @Test
  void fileWithBackendsOnlyIsRejectedForChildHaproxy() {
    haproxy.child();
    assertThat(applier.apply("backend be\n  server a 10.0.0.1:80\n"))
        .isInstanceOf(ApplyResult.Rejected.class);
  }

  @Test
  void reportsNewServerThatNeverPassedItsCheck() {
    String checked = config("server a 10.0.0.1:80\n  server b 10.0.0.2:80 check");
    applier.apply(checked);
    haproxy.setCheckResult(B, 2);
    assertThat(maintainAfter(RuntimeServers.COMPARE.toNanos())).isEmpty();
    assertThat(applier.failingNewServers())
        .hasSize(1)
        .first()
        .asString()
        .startsWith("be/b joined while");

    haproxy.setCheckResult(B, 3);
    maintainAfter(RuntimeServers.COMPARE.toNanos());
    assertThat(applier.failingNewServers()).isEmpty();
    haproxy.setCheckResult(B, 2);
    maintainAfter(RuntimeServers.COMPARE.toNanos());
    assertThat(applier.failingNewServers()).as("it was up").isEmpty();
  }

  @Test
  void reloadsOnceForFailingNewServerWhenNoOtherIsUp() {
    String checked = config("server b 10.0.0.2:80 check");
    applier.apply(checked);
    haproxy.setCheckResult(B, 2);
    nanos += RuntimeServers.COMPARE.toNanos();
    assertThat(applier.maintain()).isTrue();
    assertThat(reason(applier.reconcile()))
        .startsWith("no server of backend be is up, and be/b joined");

    haproxy.setCheckResult(B, 2);
    nanos += RuntimeServers.REPAIR.toNanos();
    assertThat(applier.maintain()).isFalse();
  }

  @Test
  void reloadForgetsDrainingServers() {
    applier.apply(TWO);
    haproxy.busy(B);
    applier.apply(ONE);
    applier.apply(ONE.replace("roundrobin", "leastconn"));

    assertThat(maintainAfter(RuntimeServers.PAUSE.toNanos())).isEmpty();
  }

  @Test
  void reloadsWhenDrainedServerCannotBeDeleted() {
    applier.apply(TWO);
    haproxy.busy(B);
    applier.apply(ONE);
    haproxy.refusingChanges("\"del server be/b\" was answered \"No.\"");

    assertThat(applier.maintain()).isTrue();
    assertThat(reason(applier.reconcile()))
        .isEqualTo("what left cannot be deleted: \"del server be/b\" was answered \"No.\"");
    assertThat(applier.maintain()).isFalse();
    assertThat(haproxy.servers).containsOnlyKeys(A);
  }

  @Test
  void leavesAbsentHaproxyAlone() {
    haproxy.absent();
    nanos += RuntimeServers.COMPARE.toNanos();

    assertThat(applier.maintain()).isFalse();
    assertThat(applier.apply(TWO)).isEqualTo(new ApplyResult.HaproxyAbsent("nobody answers"));
    assertThat(haproxy.seen).containsExactly("check " + TWO);
  }

  @Test
  void keepsLastKnownGoodWhenTheFallbackReloadIsRefused() {
    haproxy.refusingChanges("not now").withReloadResults(new ReloadResult.Refused("cannot bind"));

    assertThat(applier.apply(TWO)).isInstanceOf(ApplyResult.Rejected.class);

    assertThat(target).hasContent(ONE);
    assertThat(haproxy.servers).containsOnlyKeys(A);
  }

  /** Lets nothing be written. */
  private void obstruct() throws IOException {
    Files.createDirectories(directory.resolve("haproxy.cfg.candidate").resolve("x"));
  }

  private void clear() throws IOException {
    Files.delete(directory.resolve("haproxy.cfg.candidate").resolve("x"));
    Files.delete(directory.resolve("haproxy.cfg.candidate"));
  }

  /** What HAProxy hears of {@link ConfigApplier#maintain} after some time. */
  private List<String> maintainAfter(long later) {
    nanos += later;
    haproxy.seen.clear();
    applier.maintain();
    return List.copyOf(haproxy.seen);
  }

  private ConfigApplier startedAgain() {
    return startedAgain(Runnable::run);
  }

  private ConfigApplier startedAgain(Executor executor) {
    return new ConfigApplier(
        new ConfigFile(target), haproxy, () -> Instant.EPOCH, () -> nanos, true, executor);
  }

  private static String config(String servers) {
    return "defaults\nfrontend fe\n  bind :80\nbackend be\n  balance roundrobin\n  "
        + servers
        + "\n";
  }

  private static String summary(ApplyResult applied) {
    assertThat(applied).isInstanceOf(ApplyResult.RuntimeChanged.class);
    return ((ApplyResult.RuntimeChanged) applied).summary();
  }

  private static String reason(ApplyResult applied) {
    assertThat(applied).isInstanceOf(ApplyResult.Reloaded.class);
    return ((ApplyResult.Reloaded) applied).reason();
  }
}
