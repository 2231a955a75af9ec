package dev.rollcall.lb.apply;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.ReloadResult;
import dev.rollcall.lb.runtime.AdminState;
import dev.rollcall.lb.runtime.ServerName;
import dev.rollcall.lb.runtime.ServerState;
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
class ApplierAtRunTimeTest {

  private static final ServerName A = new ServerName("be", "a");
  private static final ServerName B = new ServerName("be", "b");
  private static final String ONE = config("server a 10.0.0.1:80");
  private static final String TWO = config("server a 10.0.0.1:80\n  server b 10.0.0.2:80");
  private static final String ADD_B =
      "change add server be/b 10.0.0.2:80 weight 1; enable server be/b";
  private static final String DRAIN_B = "change set server be/b state drain";

  @TempDir Path directory;
  private Path target;
  private FakeHaproxy haproxy;
  private Applier applier;
  private long nanos = Long.MAX_VALUE - 5;

  @BeforeEach
  void runOne() {
    target = directory.resolve("haproxy.cfg");
    haproxy = new FakeHaproxy(target).version("3.0.11-1+deb13u3");
    applier = startedAgain();
    applier.apply(ONE);
    applier.tend();
    haproxy.seen.clear();
  }

  @Test
  void addsAServerWithoutAReloadAndTheFileFollows() throws IOException {
    assertThat(summary(applier.apply(TWO))).isEqualTo("1 server added in backend be");

    assertThat(haproxy.seen).containsExactly(ADD_B, "check " + TWO);
    assertThat(target).hasContent(TWO);
    assertThat(Files.readString(directory.resolve("haproxy.cfg.good"))).isEqualTo(TWO);
    assertThat(Files.readString(directory.resolve("haproxy.cfg.backup.1"))).isEqualTo(ONE);
    assertThat(applier.apply(TWO)).isEqualTo(new Applied.NoChange());
    assertThat(applier.level()).isEqualTo(new Applied.NoChange());
  }

  @Test
  void removesAnIdleServerAtOnce() {
    applier.apply(TWO);
    haproxy.seen.clear();

    assertThat(summary(applier.apply(ONE))).isEqualTo("1 server removed in backend be");

    assertThat(haproxy.seen).containsExactly(DRAIN_B, "check " + ONE);
    assertThat(haproxy.servers).containsOnlyKeys(A);
    assertThat(tended(LivePools.PAUSE.toNanos())).isEmpty();
  }

  @Test
  void deletesABusyServerOnceItIsIdleAndHoldsUpNobody() {
    applier.apply(TWO);
    haproxy.busy(B);
    assertThat(applier.apply(ONE)).isInstanceOf(Applied.Changed.class);
    haproxy.seen.clear();

    assertThat(summary(applier.apply(config("server a 10.0.0.1:80\n  server c 10.0.0.3:80"))))
        .isEqualTo("1 server added in backend be");
    assertThat(tended(0)).containsExactly("delete be/b");
    assertThat(tended(LivePools.PAUSE.toNanos() - 1)).isEmpty();
    haproxy.idle();
    assertThat(tended(1)).containsExactly("delete be/b");
    assertThat(tended(LivePools.PAUSE.toNanos())).isEmpty();
    assertThat(haproxy.servers).doesNotContainKey(B);
  }

  @Test
  void givesABusyServerItsTime() {
    applier.apply(TWO);
    haproxy.busy(B);
    applier.apply(ONE);

    assertThat(tended(LivePools.DRAIN.toNanos() - 1)).containsExactly("delete be/b");
    assertThat(tended(LivePools.PAUSE.toNanos())).containsExactly("delete be/b overdue");
  }

  @Test
  void takesBackAServerThatIsStillLeaving() {
    applier.apply(TWO);
    haproxy.busy(B);
    applier.apply(ONE);
    haproxy.seen.clear();

    assertThat(applier.apply(TWO)).isInstanceOf(Applied.Changed.class);

    assertThat(haproxy.seen.get(0))
        .isEqualTo(
            "change set server be/b addr 10.0.0.2 port 80; set server be/b weight 1;"
                + " set server be/b state ready");
    assertThat(tended(LivePools.PAUSE.toNanos())).isEmpty();
    assertThat(haproxy.servers).containsOnlyKeys(A, B);
  }

  @Test
  void addsAnewAServerThatHasLeft() {
    applier.apply(TWO);
    applier.apply(ONE);
    haproxy.seen.clear();

    applier.apply(TWO);

    assertThat(haproxy.seen).startsWith(ADD_B);
  }

  @Test
  void reloadsWhenHaproxyRefusesTheChangeAndSaysWhy() {
    haproxy.refusing("\"add server be/b\" was answered \"Out of memory.\"");

    assertThat(reason(applier.apply(TWO)))
        .isEqualTo(
            "1 server added in backend be; not while it runs:"
                + " \"add server be/b\" was answered \"Out of memory.\"");

    assertThat(haproxy.seen).containsExactly(ADD_B, "check " + TWO, "reload " + TWO);
    assertThat(target).hasContent(TWO);
  }

  @Test
  void reloadsWhenHaproxyIsSeenNotToHaveTheChange() {
    haproxy.servers.remove(A);

    assertThat(reason(applier.apply(TWO)))
        .isEqualTo(
            "1 server added in backend be; not while it runs:"
                + " HAProxy has not what it should: be/a is missing");
  }

  @Test
  void reloadsForMoreThanServers() {
    assertThat(reason(applier.apply(TWO.replace("roundrobin", "leastconn"))))
        .isEqualTo("backend be changed");
  }

  @Test
  void reloadsAnHaproxyThatIsTooOld() {
    haproxy.version("2.6.12-1+deb12u3");

    assertThat(reason(applier.apply(TWO)))
        .isEqualTo(
            "1 server added in backend be;"
                + " HAProxy 2.6.12 does not add and remove servers safely while it runs");
    assertThat(haproxy.seen).containsExactly("check " + TWO, "reload " + TWO);
  }

  @Test
  void reloadsForACallerWhoDoesNotStay() {
    Applier once = Applier.byReloads(new ConfigFile(target), haproxy);

    assertThat(reason(once.apply(TWO))).isEqualTo("1 server added in backend be");
  }

  @Test
  void takesServersBackThatTheCheckRefuses() {
    haproxy.refusingTexts("server b", "line too long");

    assertThat(applier.apply(TWO)).isInstanceOf(Applied.Rejected.class);

    assertThat(haproxy.seen)
        .containsExactly(ADD_B, "check " + TWO, "check " + ONE, "reload " + ONE);
    assertThat(haproxy.servers).containsOnlyKeys(A);
    assertThat(target).hasContent(ONE);
  }

  @Test
  void asksFirstAfterAChangeThatTheCheckRefused() {
    haproxy.refusingTexts("server b", "line too long");
    applier.apply(TWO);
    haproxy.seen.clear();

    assertThat(applier.apply(TWO)).isInstanceOf(Applied.Rejected.class);
    assertThat(haproxy.seen).containsExactly("check " + TWO, "check " + ONE);

    String other = config("server a 10.0.0.1:80\n  server c 10.0.0.3:80");
    haproxy.seen.clear();
    assertThat(applier.apply(other)).isInstanceOf(Applied.Changed.class);
    assertThat(haproxy.seen).hasSize(3).first().isEqualTo("check " + other);
  }

  @Test
  void keepsAChangeWhenWhatIsRefusedWasRefusedBefore() {
    haproxy.judging(new ConfigCheck.Refused("no certificate"));

    assertThat(applier.apply(TWO)).isInstanceOf(Applied.Changed.class);
    assertThat(applier.trouble()).contains("no certificate");
    assertThat(applier.apply(ONE)).isInstanceOf(Applied.Changed.class);

    assertThat(haproxy.seen).noneMatch(line -> line.startsWith("reload"));
    assertThat(target).hasContent(ONE);
    assertThat(applier.apply(ONE)).isEqualTo(new Applied.NoChange());
  }

  @Test
  void tellsOnceWhatIsWrongThoughItsLineMoves() {
    ListAppender<ILoggingEvent> appender = new ListAppender<>();
    Logger logger = (Logger) LoggerFactory.getLogger(Applier.class);
    appender.start();
    logger.addAppender(appender);
    try {
      haproxy.judging(new ConfigCheck.Refused("config : [/etc/h.cfg:22] : no ca-file 'x.pem'"));
      applier.apply(TWO);
      haproxy.judging(
          new ConfigCheck.Refused("config : [/etc/h.cfg.candidate:21] : no ca-file 'x.pem'"));
      applier.apply(ONE);
      assertThat(appender.list).filteredOn(line -> line.getLevel() == Level.ERROR).hasSize(1);
      assertThat(applier.trouble()).hasValueSatisfying(now -> assertThat(now).contains(":21]"));

      haproxy.judging(new ConfigCheck.Refused("config : [/etc/h.cfg:21] : no ca-file 'y.pem'"));
      applier.apply(TWO);
      assertThat(appender.list).filteredOn(line -> line.getLevel() == Level.ERROR).hasSize(2);
    } finally {
      logger.detachAppender(appender);
    }
  }

  @Test
  void saysWhenItIsWellAgain() {
    haproxy.judging(new ConfigCheck.Refused("no certificate"));
    applier.apply(TWO);
    haproxy.judging(new ConfigCheck.Passed());

    assertThat(tended(Duration.ofSeconds(9).toNanos())).isEmpty();
    assertThat(applier.trouble()).isPresent();
    assertThat(tended(Duration.ofSeconds(1).toNanos())).containsExactly("check " + TWO);
    applier.tend();
    assertThat(applier.trouble()).isEmpty();
    assertThat(tended(Duration.ofSeconds(11).toNanos())).isEmpty();
  }

  @Test
  void aCheckWithoutAVerdictInTimeEndsNoChange() {
    haproxy.judging(new ConfigCheck.TimedOut("too slow"));

    assertThat(applier.apply(TWO)).isInstanceOf(Applied.Changed.class);
    assertThat(target).hasContent(TWO);
    assertThat(directory.resolve("haproxy.cfg.good")).hasContent(TWO);
    assertThat(applier.trouble()).isEmpty();
  }

  @Test
  void waitsForNoCheckAndTakesItsVerdictWhenItComes() {
    List<Runnable> checks = new ArrayList<>();
    applier = startedAgain(checks::add);
    haproxy.judging(new ConfigCheck.Passed());

    assertThat(applier.apply(TWO)).isInstanceOf(Applied.Changed.class);
    String three = config("server a 10.0.0.1:80\n  server c 10.0.0.3:80");
    assertThat(applier.apply(three)).isInstanceOf(Applied.Changed.class);
    assertThat(checks).hasSize(1);
    assertThat(target).hasContent(three);
    assertThat(directory.resolve("haproxy.cfg.good")).hasContent(ONE);
    assertThat(applier.tend()).isFalse();

    checks.remove(0).run();
    applier.tend();
    // It was of a file that was another one by then.
    assertThat(checks).hasSize(1);
    checks.remove(0).run();
    applier.tend();
    assertThat(checks).isEmpty();
    assertThat(directory.resolve("haproxy.cfg.good")).hasContent(three);
    assertThat(applier.apply(three)).isEqualTo(new Applied.NoChange());
    assertThat(haproxy.seen).noneMatch(line -> line.startsWith("reload"));
  }

  @Test
  void takesAChangeBackThatALateVerdictBlames() {
    List<Runnable> checks = new ArrayList<>();
    applier = startedAgain(checks::add);
    haproxy.refusingTexts("server b", "line too long");
    applier.apply(TWO);

    checks.remove(0).run();
    assertThat(applier.tend()).isTrue();
    assertThat(applier.level()).isInstanceOf(Applied.Rejected.class);
    assertThat(haproxy.servers).containsOnlyKeys(A);
    assertThat(target).hasContent(ONE);
    assertThat(applier.tend()).isFalse();
    assertThat(applier.level()).isEqualTo(new Applied.NoChange());
  }

  @Test
  void makesTheChangeAgainWhenSomebodyElseReloadedBeforeTheFileHadIt() {
    List<Runnable> checks = new ArrayList<>();
    applier = startedAgain(checks::add);
    applier.apply(TWO);
    haproxy.servers.remove(B);
    haproxy.seen.clear();

    assertThat(applier.level()).isEqualTo(new Applied.NoChange());
    assertThat(haproxy.seen).containsExactly(ADD_B);
    assertThat(haproxy.servers).containsOnlyKeys(A, B);
  }

  @Test
  void writesTheFileLaterWhenItCannotNow() throws IOException {
    obstruct();

    assertThat(applier.apply(TWO)).isInstanceOf(Applied.Failed.class);
    assertThat(haproxy.servers).containsOnlyKeys(A, B);
    assertThat(applier.apply(TWO)).isInstanceOf(Applied.Failed.class);
    assertThat(applier.level()).isInstanceOf(Applied.Failed.class);
    assertThat(applier.tend()).isFalse();
    clear();

    assertThat(applier.apply(TWO)).isEqualTo(new Applied.NoChange());
    assertThat(target).hasContent(TWO);
    assertThat(haproxy.seen).doesNotContain("reload " + TWO);
  }

  @Test
  void makesTheChangeAgainWhenHaproxyRestartedBeforeTheFileCouldFollow() throws IOException {
    obstruct();
    applier.apply(TWO);
    haproxy.restart();
    clear();

    assertThat(applier.level()).isEqualTo(new Applied.NoChange());

    assertThat(haproxy.servers).containsOnlyKeys(A, B);
    assertThat(target).hasContent(TWO);
  }

  @Test
  void looksForDriftFromTimeToTimeAndMendsItByCommands() {
    haproxy.servers.remove(A);
    assertThat(tended(LivePools.LOOK.toNanos() - 1)).isEmpty();
    assertThat(tended(1))
        .containsExactly("change add server be/a 10.0.0.1:80 weight 1; enable server be/a");
    assertThat(tended(LivePools.LOOK.toNanos())).isEmpty();
  }

  @Test
  void mendsDriftByAReloadWhereCommandsCannotAndEachTimeLater() {
    haproxy.refusing("not now");
    haproxy.servers.remove(A);
    nanos += LivePools.LOOK.toNanos();
    assertThat(applier.tend()).isTrue();
    assertThat(reason(applier.level()))
        .isEqualTo("HAProxy has not what it should: be/a is missing; not while it runs: not now");

    haproxy.servers.remove(A);
    nanos += LivePools.LOOK.toNanos();
    assertThat(applier.tend()).as("a second time at once").isFalse();
    nanos += LivePools.MEND.toNanos();
    assertThat(applier.tend()).isTrue();
    applier.level();

    haproxy.servers.remove(A);
    nanos += LivePools.MEND.toNanos();
    assertThat(applier.tend()).as("a third time as soon").isFalse();
    nanos += LivePools.MEND.toNanos();
    assertThat(applier.tend()).isTrue();
  }

  @Test
  void mendsDriftFirstOfAllAfterItsOwnRestart() {
    haproxy.servers.remove(A);

    assertThat(startedAgain().tend()).isFalse();

    assertThat(haproxy.servers).containsOnlyKeys(A);
  }

  @Test
  void mendsDriftWhenHaproxyCameBack() {
    haproxy.servers.remove(A);

    assertThat(applier.level()).isEqualTo(new Applied.NoChange());

    assertThat(haproxy.servers).containsOnlyKeys(A);
  }

  @Test
  void doesNotReloadOverAndOverForWhatHaproxyMakesOfTheFile() {
    // The fake takes no notice of weights, like an HAProxy that has its own idea of a line.
    applier.apply(config("server a 10.0.0.1:80 weight 7").replace("roundrobin", "leastconn"));
    haproxy.seen.clear();

    assertThat(tended(LivePools.LOOK.toNanos())).isEmpty();
    assertThat(applier.orders()).isEmpty();
    haproxy.servers.clear();
    assertThat(tended(LivePools.LOOK.toNanos())).hasSize(1);
  }

  @Test
  void leavesAnOrderAloneShowsItAndNoticesItsEnd() {
    haproxy.order(A, 1, 3);
    assertThat(tended(LivePools.LOOK.toNanos())).isEmpty();
    assertThat(tended(LivePools.LOOK.toNanos())).isEmpty();
    assertThat(applier.orders())
        .containsExactly(new StandingOrder("be/a", "maint and weight 3", LivePools.LOOK));

    haproxy.order(A, 0, 1);
    assertThat(tended(LivePools.LOOK.toNanos())).isEmpty();
    assertThat(applier.orders()).isEmpty();
  }

  @Test
  void anOrderSurvivesJoinsAndLeavesOfOthers() {
    haproxy.order(A, 8, 3);
    assertThat(applier.apply(TWO)).isInstanceOf(Applied.Changed.class);
    assertThat(applier.apply(ONE)).isInstanceOf(Applied.Changed.class);
    assertThat(haproxy.state(A).admin().draining()).isTrue();
    assertThat(haproxy.state(A).weight()).isEqualTo(3);
    assertThat(haproxy.seen).noneMatch(command -> command.startsWith("reload"));
  }

  @Test
  void aWeightThatWasOrderedWinsOverThatOfTheFile() {
    haproxy.order(A, 0, 3);

    assertThat(applier.apply(config("server a 10.0.0.1:80 weight 7")))
        .isInstanceOf(Applied.Changed.class);

    assertThat(haproxy.state(A).weight()).isEqualTo(3);
    assertThat(target).hasContent(config("server a 10.0.0.1:80 weight 7"));
    haproxy.order(A, 0, 1);
    assertThat(tended(LivePools.LOOK.toNanos())).containsExactly("change set server be/a weight 7");
  }

  @Test
  void anOrderIsCarriedOverAReloadOfOurs() {
    applier.apply(TWO);
    haproxy.order(A, 1, 1);
    haproxy.order(B, 0, 9);
    haproxy.seen.clear();

    assertThat(applier.apply(TWO.replace("roundrobin", "leastconn")))
        .isInstanceOf(Applied.Reloaded.class);

    assertThat(haproxy.seen.get(haproxy.seen.size() - 1))
        .startsWith("change ")
        .contains("set server be/a state maint")
        .contains("set server be/b weight 9");
    assertThat(applier.orders()).extracting(StandingOrder::server).containsExactly("be/a", "be/b");
  }

  @Test
  void anOrderIsCarriedOverAReloadThatWasTakenBack() {
    haproxy.order(A, 1, 1);
    haproxy.ending(new ReloadResult.Broken("gone"));
    haproxy.reloading(haproxy::restart);

    assertThat(applier.apply(ONE.replace("roundrobin", "leastconn")))
        .isInstanceOf(Applied.Rejected.class);

    assertThat(haproxy.state(A).admin().maintenance()).isTrue();
  }

  @Test
  void aReloadOfSomebodyElseIsTheirs() {
    haproxy.order(A, 1, 1);
    tended(LivePools.LOOK.toNanos());
    haproxy.restart();

    assertThat(tended(LivePools.LOOK.toNanos())).isEmpty();

    assertThat(applier.orders()).isEmpty();
  }

  @Test
  void anOrderThatStandsAtItsOwnStartIsLeftAlone() {
    haproxy.order(A, 1, 1);
    Applier again = startedAgain();

    assertThat(again.level()).isEqualTo(new Applied.NoChange());

    assertThat(again.orders()).hasSize(1);
    assertThat(haproxy.state(A).admin().maintenance()).isTrue();
  }

  @Test
  void whoWasOrderedOutAndLeavesIsNotDrainedAndComesBackAsOrdered() {
    applier.apply(TWO);
    haproxy.order(B, 1, 1);
    haproxy.busy(B);
    haproxy.seen.clear();
    applier.apply(ONE);
    assertThat(haproxy.seen).contains("change ");

    applier.apply(TWO);

    assertThat(haproxy.state(B).admin().maintenance()).isTrue();
  }

  @Test
  void addressesOfAStateFileAreMendedAfterTheReload() {
    applier.apply(TWO.replace("roundrobin", "leastconn"));
    haproxy.afterReading(
        () ->
            haproxy.servers.put(
                A,
                new ServerState(
                    "be",
                    "a",
                    "10.0.0.1",
                    81,
                    1,
                    new AdminState(0),
                    ServerState.Operation.RUNNING)));
    haproxy.seen.clear();

    applier.apply(TWO);

    assertThat(haproxy.seen).contains("change set server be/a addr 10.0.0.1 port 80");
    assertThat(haproxy.state(A).port()).isEqualTo(80);
  }

  @Test
  void aFileOfBackendsAloneIsAPartOfWhatSomebodyElsesHaproxyReads() {
    String part = "backend be\n  server a 10.0.0.1:80\n";
    assertThat(applier.apply(part)).isInstanceOf(Applied.Reloaded.class);

    assertThat(reason(applier.apply(part + "  server b 10.0.0.2:80\n")))
        .isEqualTo(
            "1 server added in backend be; backend be: its defaults stand in no section of this"
                + " file, so another may have them");
  }

  @Test
  void aChildReadsNothingElse() {
    haproxy.child();
    assertThat(applier.apply("backend be\n  server a 10.0.0.1:80\n"))
        .isInstanceOf(Applied.Rejected.class);
  }

  @Test
  void tellsOfAServerThatJoinedAndNeverCameUp() {
    String checked = config("server a 10.0.0.1:80\n  server b 10.0.0.2:80 check");
    applier.apply(checked);
    haproxy.checked(B, 2);
    assertThat(tended(LivePools.LOOK.toNanos())).isEmpty();
    assertThat(applier.doubts()).hasSize(1).first().asString().startsWith("be/b joined while");

    haproxy.checked(B, 3);
    tended(LivePools.LOOK.toNanos());
    assertThat(applier.doubts()).isEmpty();
    haproxy.checked(B, 2);
    tended(LivePools.LOOK.toNanos());
    assertThat(applier.doubts()).as("it was up").isEmpty();
  }

  @Test
  void reloadsOnceForWhoNeverCameUpWhereNobodyElseIsUp() {
    String checked = config("server b 10.0.0.2:80 check");
    applier.apply(checked);
    haproxy.checked(B, 2);
    nanos += LivePools.LOOK.toNanos();
    assertThat(applier.tend()).isTrue();
    assertThat(reason(applier.level()))
        .startsWith("no server of backend be is up, and be/b joined");

    haproxy.checked(B, 2);
    nanos += LivePools.MEND.toNanos();
    assertThat(applier.tend()).isFalse();
  }

  @Test
  void aReloadForgetsTheServersThatWereLeaving() {
    applier.apply(TWO);
    haproxy.busy(B);
    applier.apply(ONE);
    applier.apply(ONE.replace("roundrobin", "leastconn"));

    assertThat(tended(LivePools.PAUSE.toNanos())).isEmpty();
  }

  @Test
  void reloadsWhenAServerThatLeftCannotBeDeleted() {
    applier.apply(TWO);
    haproxy.busy(B);
    applier.apply(ONE);
    haproxy.refusing("\"del server be/b\" was answered \"No.\"");

    assertThat(applier.tend()).isTrue();
    assertThat(reason(applier.level()))
        .isEqualTo("servers that left cannot be deleted: \"del server be/b\" was answered \"No.\"");
    assertThat(applier.tend()).isFalse();
    assertThat(haproxy.servers).containsOnlyKeys(A);
  }

  @Test
  void leavesAnAbsentHaproxyAlone() {
    haproxy.absent();
    nanos += LivePools.LOOK.toNanos();

    assertThat(applier.tend()).isFalse();
    assertThat(applier.apply(TWO)).isEqualTo(new Applied.Waiting("nobody answers"));
    assertThat(haproxy.seen).containsExactly("check " + TWO);
  }

  @Test
  void keepsTheLastKnownGoodWhenTheReloadInsteadIsRefused() {
    haproxy.refusing("not now").ending(new ReloadResult.Refused("cannot bind"));

    assertThat(applier.apply(TWO)).isInstanceOf(Applied.Rejected.class);

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

  /** What HAProxy hears of {@link Applier#tend} after some time. */
  private List<String> tended(long later) {
    nanos += later;
    haproxy.seen.clear();
    applier.tend();
    return List.copyOf(haproxy.seen);
  }

  private Applier startedAgain() {
    return startedAgain(Runnable::run);
  }

  private Applier startedAgain(Executor executor) {
    return new Applier(
        new ConfigFile(target), haproxy, () -> Instant.EPOCH, () -> nanos, true, executor);
  }

  private static String config(String servers) {
    return "defaults\nfrontend fe\n  bind :80\nbackend be\n  balance roundrobin\n  "
        + servers
        + "\n";
  }

  private static String summary(Applied applied) {
    assertThat(applied).isInstanceOf(Applied.Changed.class);
    return ((Applied.Changed) applied).summary();
  }

  private static String reason(Applied applied) {
    assertThat(applied).isInstanceOf(Applied.Reloaded.class);
    return ((Applied.Reloaded) applied).reason();
  }
}
