package dev.rollcall.discovery.internal.registration;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.FakeAgent;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.api.SafeListener;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RegistrationLoopTest {

  private static final Duration TTL = Duration.ofSeconds(15);

  private final ManualTime time = new ManualTime();
  private final FakeAgent agent = new FakeAgent();
  private final LogCapture logged = new LogCapture();
  private final List<String> told = new ArrayList<>();
  private final DiscoveryListener listener =
      new DiscoveryListener() {
        @Override
        public void registrationChanged(String id, RegistrationState from, RegistrationState to) {
          told.add(from + ">" + to);
        }

        @Override
        public void registrationFailed(String id, ConsulFailure failure) {
          told.add("failed " + failure.kind());
        }
      };
  private final RegistrationLoop web = loop(listener);

  @AfterEach
  void closeLog() {
    logged.close();
  }

  private RegistrationLoop loop(DiscoveryListener told) {
    return loop(told, HealthCheck.ttl(TTL));
  }

  private RegistrationLoop loop(DiscoveryListener told, HealthCheck check) {
    return loop(new SafeListener(told), check);
  }

  private RegistrationLoop loop(SafeListener events) {
    return loop(events, HealthCheck.ttl(TTL));
  }

  private RegistrationLoop loop(SafeListener events, HealthCheck check) {
    return new RegistrationLoop(
        ServiceDefinition.named("web").id("web-1").port(80).check(check).build(),
        agent,
        new RuntimeContext(time, time, time, new Random(1), events),
        Duration.ofSeconds(2));
  }

  private void join() {
    web.start();
    time.settle();
    assertThat(agent.lists("web-1")).isTrue();
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);
    agent.calls();
    told.clear();
  }

  @Test
  void passesFromItsRegistrationOn() {
    List<String> listed = new ArrayList<>();
    agent.beforeEach(
        call -> {
          if (agent.lists("web-1")) {
            listed.add(call);
          }
        });
    web.start();
    time.settle();

    assertThat(listed).startsWith("heartbeat");
  }

  @Test
  void registersClearsMaintenanceAndPassesAtOnce() {
    agent.maintain("web-1");
    web.start();
    time.settle();

    assertThat(agent.calls()).containsExactly("register", "heartbeat");
    assertThat(agent.lists("web-1")).isTrue();
    assertThat(told).containsExactly("JOINING>PASSING");
    assertThat(logged.lines()).containsExactly("INFO web-1 is registered and passing");
  }

  @Test
  void sendsAHeartbeatEveryThirdOfTheTtlPlusOrMinusATenthAndNothingElse() {
    join();
    time.advance(Duration.ofMinutes(10));

    List<String> calls = agent.calls();
    assertThat(calls).containsOnly("heartbeat");
    assertThat(calls).hasSizeBetween(110, 130); // 600 s / 5 s
  }

  @Test
  void reportsWhatTheServiceSaysOfItsHealth() {
    AtomicReference<HealthReport> health =
        new AtomicReference<>(HealthReport.critical("no database yet"));
    RegistrationLoop reporting =
        loop(listener, HealthCheck.ttl(TTL).reporting(() -> requireNonNull(health.get())));
    reporting.start();
    time.settle();

    assertThat(agent.calls()).containsExactly("register", "heartbeat CRITICAL no database yet");
    assertThat(agent.lists("web-1")).isFalse();
    assertThat(reporting.state()).isEqualTo(RegistrationState.JOINING);
    assertThat(logged.lines())
        .as("while it starts")
        .containsExactly("INFO web-1 reports that it is critical: no database yet");

    health.set(HealthReport.passing());
    time.advance(Duration.ofMillis(5500));
    assertThat(reporting.state()).isEqualTo(RegistrationState.PASSING);
    assertThat(logged.lines())
        .endsWith("INFO web-1 reports that it is passing", "INFO web-1 is registered and passing");

    health.set(HealthReport.warning("the disk is 90 % full"));
    agent.calls();
    reporting.reportHealth();
    reporting.reportHealth();
    time.settle();
    assertThat(agent.calls()).containsExactly("heartbeat WARNING the disk is 90 % full");
    assertThat(reporting.state()).isEqualTo(RegistrationState.JOINING);
  }

  @Test
  void warnsAtOnceOfWhatAHeartbeatFindsAndOfWhatIsAnnouncedIfItLasts() {
    AtomicReference<HealthReport> health = new AtomicReference<>(HealthReport.passing());
    RegistrationLoop reporting =
        loop(listener, HealthCheck.ttl(TTL).reporting(() -> requireNonNull(health.get())));
    reporting.start();
    time.settle();

    health.set(HealthReport.warning("the disk is 90 % full"));
    time.advance(Duration.ofMinutes(1));
    assertThat(logged.lines())
        .as("found by a heartbeat")
        .containsExactly(
            "INFO web-1 is registered and passing",
            "WARN web-1 reports that it is warning: the disk is 90 % full");

    health.set(HealthReport.critical("the disk is full"));
    reporting.reportHealth();
    time.settle();
    reporting.reportHealth();
    time.settle();
    assertThat(logged.lines())
        .as("announced")
        .hasSize(3)
        .endsWith("INFO web-1 reports that it is critical: the disk is full");
    time.advance(Duration.ofMinutes(1));
    assertThat(logged.lines())
        .as("announced, and still so at the next heartbeats")
        .hasSize(4)
        .endsWith("WARN web-1 reports that it is critical: the disk is full");
  }

  @Test
  void doesNotWarnOfAServiceThatAnnouncesThatItIsNotReadyAndLeaves() {
    AtomicReference<HealthReport> health = new AtomicReference<>(HealthReport.passing());
    RegistrationLoop reporting =
        loop(listener, HealthCheck.ttl(TTL).reporting(() -> requireNonNull(health.get())));
    reporting.start();
    time.settle();

    health.set(HealthReport.critical("stopping"));
    reporting.reportHealth();
    time.settle();
    reporting.beginLeave();
    time.advance(Duration.ofMinutes(1));
    assertThat(logged.lines())
        .containsExactly(
            "INFO web-1 is registered and passing",
            "INFO web-1 reports that it is critical: stopping",
            "INFO web-1 has left");
  }

  @Test
  void aSupplierThatThrowsIsReportedAsCritical() {
    HealthCheck throwing =
        HealthCheck.ttl(TTL)
            .reporting(
                () -> {
                  throw new IllegalStateException("pool closed");
                });
    loop(listener, throwing).start();
    time.settle();

    assertThat(agent.calls())
        .endsWith(
            "heartbeat CRITICAL the supplier of the service's health failed:"
                + " java.lang.IllegalStateException: pool closed");
    assertThat(logged.lines())
        .last()
        .asString()
        .startsWith("WARN web-1 reports that it is critical");
  }

  @Test
  void reportsNothingOnceLeavingHasBegun() {
    RegistrationLoop reporting =
        loop(listener, HealthCheck.ttl(TTL).reporting(HealthReport::passing));
    reporting.start();
    time.settle();
    reporting.beginLeave();
    time.settle();
    agent.calls();

    reporting.reportHealth();
    time.settle();
    assertThat(agent.calls()).isEmpty();
  }

  @Test
  void joinsWhenConsulAppears() {
    agent.failWith(Kind.UNAVAILABLE, "no connection");
    web.start();
    time.advance(Duration.ofMinutes(5));
    assertThat(web.state()).isEqualTo(RegistrationState.JOINING);
    assertThat(logged.lines()).containsExactly("WARN Registration web-1: no connection; trying on");

    agent.recover();
    time.advance(Duration.ofSeconds(2));
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);
    assertThat(logged.lines()).hasSize(3);
  }

  @Test
  void registersAgainAtTheFirstHeartbeatThatFindsItForgotten() {
    join();
    agent.loseAllData();
    time.advance(Duration.ofMillis(5500));

    assertThat(agent.lists("web-1")).isTrue();
    assertThat(agent.calls()).startsWith("heartbeat", "register", "heartbeat");
    assertThat(told).containsExactly("PASSING>JOINING", "JOINING>PASSING");
  }

  @Test
  void anAgentThatForgetsAtOnceIsRetriedWithBackoff() {
    agent.forgetAtOnce(true);
    web.start();
    time.advance(Duration.ofMinutes(1));

    assertThat(agent.calls().stream().filter("register"::equals).count()).isLessThan(90);
    assertThat(logged.lines()).hasSizeLessThan(5);

    agent.forgetAtOnce(false);
    time.advance(Duration.ofSeconds(2));
    assertThat(agent.lists("web-1")).isTrue();
  }

  private void limited(Duration retryAfter) {
    agent.failWith(new ConsulFailure(Kind.UNAVAILABLE, "429 Too Many Requests", retryAfter));
  }

  @Test
  void anAgentThatAsksToWaitIsSparedButNoLongerThanUntilTheNextHeartbeatIsDue() {
    join();
    limited(Duration.ofSeconds(3));
    time.advance(Duration.ofMillis(5600)); // one heartbeat
    agent.calls();
    time.advance(Duration.ofSeconds(30));
    assertThat(agent.calls()).hasSizeBetween(6, 10);
    limited(Duration.ofHours(1));
    time.advance(Duration.ofSeconds(5));
    agent.calls();
    time.advance(Duration.ofSeconds(35));
    assertThat(agent.calls()).hasSizeBetween(5, 7);

    agent.recover();
    time.advance(Duration.ofSeconds(7));
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);
  }

  @Test
  void aLeaveIsTriedAgainInItsTimeWhateverTheAgentAsksFor() {
    join();
    limited(Duration.ofHours(1));
    CompletableFuture<Boolean> left = web.leaveAsync();
    time.advance(Duration.ofMillis(900));
    assertThat(agent.calls()).hasSizeBetween(2, 3);
    agent.recover();
    time.advance(Duration.ofMillis(800));
    assertThat(left).isCompletedWithValue(true);
  }

  @Test
  void anAgentWithoutLeaderIsNoReasonToRegisterAgain() {
    join();
    agent.failWith(Kind.UNAVAILABLE, "500 No cluster leader");
    time.advance(Duration.ofMinutes(1));
    assertThat(agent.calls()).containsOnly("heartbeat");

    agent.recover();
    time.advance(Duration.ofSeconds(2));
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);
    assertThat(agent.calls()).containsOnly("heartbeat");
  }

  @Test
  void passingMeansThatAHeartbeatGotThroughWithinTheTtl() {
    join();
    agent.failWith(Kind.UNAVAILABLE, "gone");
    time.advance(TTL.minusSeconds(1));
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);

    time.advance(Duration.ofSeconds(3));
    assertThat(web.state()).isEqualTo(RegistrationState.JOINING);
  }

  @Test
  void saysOneLineForEachChangeAndNoneForEachTry() {
    join();
    agent.failWith(Kind.UNAVAILABLE, "gone");
    time.advance(Duration.ofHours(1));
    agent.failWith(Kind.FORBIDDEN, "403 Permission denied");
    time.advance(Duration.ofHours(1));
    agent.failWith(Kind.UNAVAILABLE, "gone again");
    time.advance(Duration.ofHours(1));
    agent.recover();
    time.advance(Duration.ofHours(1));

    assertThat(told.stream().filter("failed UNAVAILABLE"::equals).count()).isGreaterThan(100);
    assertThat(logged.lines())
        .hasSize(5)
        .satisfiesExactly(
            joined -> assertThat(joined).startsWith("INFO web-1 is registered"),
            lost -> assertThat(lost).startsWith("WARN").contains("gone"),
            other -> assertThat(other).startsWith("WARN").contains("403"),
            back -> assertThat(back).startsWith("INFO").contains("well again after"),
            passing -> assertThat(passing).startsWith("INFO web-1 is registered"));
  }

  @Test
  void leavingRemovesTheServiceAndEndsTheHeartbeats() {
    join();
    CompletableFuture<Boolean> left = web.leaveAsync();
    assertThat(web.state()).isEqualTo(RegistrationState.DRAINING);
    time.settle();

    assertThat(left).isCompletedWithValue(true);
    assertThat(agent.holds("web-1")).isFalse();
    assertThat(web.state()).isEqualTo(RegistrationState.LEFT);
    time.advance(Duration.ofHours(1));
    assertThat(agent.calls()).containsExactly("deregister");
    assertThat(told).containsExactly("PASSING>DRAINING", "DRAINING>LEFT");
  }

  @Test
  void aHeartbeatUnderWayDoesNotBringAnEarlierStateBack() {
    agent.beforeEach(
        call -> {
          if (call.equals("heartbeat")) {
            web.beginLeave();
          }
        });
    web.start();
    time.settle();
    assertThat(told).containsExactly("JOINING>DRAINING", "DRAINING>LEFT");
    assertThat(agent.holds("web-1")).isFalse();
  }

  @Test
  void leavingAServiceThatNobodyKnowsAnyMoreIsConfirmed() {
    join();
    agent.loseAllData();
    CompletableFuture<Boolean> left = web.leaveAsync();
    time.settle();
    assertThat(left).isCompletedWithValue(true);
  }

  @Test
  void leavingBeforeTheFirstTryToRegisterNeedsNoConsul() {
    agent.failWith(Kind.UNAVAILABLE, "gone");
    CompletableFuture<Boolean> left = web.leaveAsync();
    web.start();
    time.settle();
    assertThat(left).isCompletedWithValue(true);
    assertThat(agent.calls()).isEmpty();
    assertThat(logged.lines()).containsExactly("INFO web-1 ends; Consul never had it");
  }

  @Test
  void leavingTriesOnUntilTimeIsUp() {
    join();
    agent.failWith(Kind.UNAVAILABLE, "gone");
    CompletableFuture<Boolean> left = web.leaveAsync();
    time.advance(Duration.ofMillis(1999));
    assertThat(left).isNotDone();
    assertThat(agent.calls()).contains("deregister", "deregister");

    time.advance(Duration.ofMillis(1));
    assertThat(left).isCompletedWithValue(false);
    assertThat(web.state()).isEqualTo(RegistrationState.LEFT);
    agent.calls();
    agent.recover();
    time.advance(Duration.ofHours(1));
    assertThat(agent.calls()).as("the id may be another's by now").isEmpty();
  }

  @Test
  void whatIsThrownWhileLeavingDelaysItOnly() {
    join();
    agent.beforeEach(
        call -> {
          throw new NoSuchMethodError("a token supplier's");
        });
    CompletableFuture<Boolean> left = web.leaveAsync();
    time.advance(Duration.ofMillis(300));
    assertThat(left).isNotDone();
    agent.beforeEach(call -> {});
    time.advance(Duration.ofMillis(1700));
    assertThat(left).isCompletedWithValue(true);
    assertThat(agent.holds("web-1")).isFalse();
  }

  @Test
  void whoeverWaitsForALeaveRunsOnAThreadForOtherPeoplesCode() {
    ManualTime others = new ManualTime();
    RegistrationLoop waited = loop(new SafeListener(listener, others));
    waited.start();
    time.settle();
    List<Boolean> heard = new ArrayList<>();
    var unused = waited.leaveAsync().thenAccept(heard::add);
    time.settle();
    assertThat(heard).isEmpty();
    others.settle();
    assertThat(heard).containsExactly(true);
  }

  @Test
  void anInterruptedLeaveIsNotCutShort() throws InterruptedException {
    join();
    agent.failWith(Kind.UNAVAILABLE, "gone");
    List<Boolean> flags = new ArrayList<>();
    Thread leaving =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              boolean left = web.awaitLeft(Duration.ofMinutes(1));
              flags.addAll(List.of(left, Thread.currentThread().isInterrupted()));
            });
    leaving.start();
    await().until(() -> leaving.getState() == Thread.State.TIMED_WAITING);
    agent.recover();
    web.beginLeave();
    time.settle();
    leaving.join();
    assertThat(flags).containsExactly(true, true);
  }

  @Test
  void leavingSucceedsIfConsulComesBackInTime() {
    join();
    agent.failWith(Kind.UNAVAILABLE, "gone");
    CompletableFuture<Boolean> left = web.leaveAsync();
    time.advance(Duration.ofMillis(700));
    agent.recover();
    time.advance(Duration.ofMillis(1300));
    assertThat(left).isCompletedWithValue(true);
    assertThat(agent.holds("web-1")).isFalse();
  }

  @Test
  void aServiceOfWhichNothingWasEverSentHasLeftAtOnce() {
    agent.refuse();
    web.start();
    time.advance(Duration.ofMinutes(1));
    agent.calls();
    CompletableFuture<Boolean> left = web.leaveAsync();
    time.settle();
    assertThat(left).isCompletedWithValue(true);
    assertThat(agent.calls()).isEmpty();
  }

  @Test
  void aServiceThatWasToldOnceHasNotLeftBecauseConsulTakesNoConnection() {
    join();
    agent.loseAllData();
    time.advance(TTL);
    agent.refuse();
    time.advance(TTL);
    CompletableFuture<Boolean> left = web.leaveAsync();
    time.advance(Duration.ofSeconds(3));
    assertThat(left).isCompletedWithValue(false);
  }

  @Test
  void aServiceThatArrivedButCouldNotBePutIntoMaintenanceMayBeHeld() {
    web.beginMaintenance("repair");
    agent.beforeEach(
        call -> {
          if (call.equals("begin maintenance")) {
            agent.refuse();
          }
        });
    web.start();
    time.settle();
    agent.beforeEach(call -> {});
    CompletableFuture<Boolean> left = web.leaveAsync();
    time.advance(Duration.ofSeconds(1));
    agent.recover();
    time.advance(Duration.ofSeconds(1));
    assertThat(left).isCompletedWithValue(true);
    assertThat(agent.holds("web-1")).isFalse();
  }

  @Test
  void leavingTwiceTellsTheSame() {
    join();
    CompletableFuture<Boolean> first = web.leaveAsync();
    time.settle();
    assertThat(first).isCompletedWithValue(true);
    agent.failWith(Kind.UNAVAILABLE, "gone");
    assertThat(web.leaveAsync()).isCompletedWithValue(true);
    assertThat(web.leave()).isTrue();
    assertThat(agent.calls()).containsExactly("deregister");
  }

  @Test
  void aBugInACallDoesNotEndTheHeartbeats() {
    join();
    agent.beforeEach(
        call -> {
          throw new IllegalStateException("a bug");
        });
    time.advance(Duration.ofSeconds(30));
    assertThat(web.state()).isEqualTo(RegistrationState.JOINING);
    assertThat(logged.lines()).as("said once").hasSize(2);
    agent.beforeEach(call -> {});
    time.advance(Duration.ofSeconds(2));
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);
  }

  @Test
  void anExceptionOfAListenerDoesNotStopTheHeartbeats() {
    RegistrationLoop unlucky =
        loop(
            new DiscoveryListener() {
              @Override
              public void heartbeatConfirmed(String id, Duration took) {
                throw new IllegalStateException("a metrics bug");
              }
            });
    unlucky.start();
    time.advance(Duration.ofMinutes(1));
    assertThat(agent.lists("web-1")).isTrue();
    assertThat(agent.calls().stream().filter("heartbeat"::equals).count()).isGreaterThan(10);
    assertThat(logged.lines().stream().filter(line -> line.contains("threw")).count()).isEqualTo(1);
  }

  @Test
  void anErrorOfAListenerDoesNotStopTheHeartbeats() {
    RegistrationLoop unlucky =
        loop(
            new DiscoveryListener() {
              @Override
              public void heartbeatConfirmed(String id, Duration took) {
                throw new NoSuchMethodError("a metrics library of another version");
              }
            });
    unlucky.start();
    time.advance(Duration.ofMinutes(1));
    assertThat(unlucky.state()).isEqualTo(RegistrationState.PASSING);
    assertThat(agent.calls().stream().filter("heartbeat"::equals).count()).isGreaterThan(10);
  }

  @Test
  void anErrorInACallDoesNotEndTheHeartbeats() {
    join();
    agent.beforeEach(
        call -> {
          throw new NoClassDefFoundError("an optional library");
        });
    time.advance(Duration.ofSeconds(30));
    assertThat(web.state()).isEqualTo(RegistrationState.JOINING);
    agent.beforeEach(call -> {});
    time.advance(Duration.ofSeconds(2));
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);
  }

  @Test
  void theStateSaysWhatConsulConfirmedThoughNoTaskRunsAnyMore() {
    join();
    // Nothing runs: the clock goes on alone.
    time.pass(TTL.minusMillis(1));
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);
    time.pass(Duration.ofMillis(1));
    assertThat(web.state()).isEqualTo(RegistrationState.JOINING);
    time.settle();
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);
  }

  @Test
  void aChangeIsToldAtOnceAndOnce() {
    join();
    assertThat(web.settled()).isTrue();
    web.weights(7, 2);
    web.tags(List.of("blue"));
    assertThat(web.settled()).isFalse();
    time.settle();

    assertThat(web.settled()).isTrue();
    assertThat(agent.calls()).containsExactly("update", "heartbeat");
    assertThat(agent.held("web-1").weight()).isEqualTo(7);
    assertThat(agent.held("web-1").warningWeight()).isEqualTo(2);
    assertThat(agent.held("web-1").tags()).containsExactly("blue");
    assertThat(told).isEmpty();
    time.advance(Duration.ofMinutes(1));
    assertThat(agent.calls()).containsOnly("heartbeat").hasSizeBetween(10, 14);
  }

  @Test
  void aChangeThatConsulCannotBeToldYetIsToldLater() {
    join();
    agent.failWith(Kind.UNAVAILABLE, "gone");
    web.weights(7, 2);
    web.beginMaintenance("repair");
    time.advance(Duration.ofMinutes(1));
    assertThat(web.settled()).isFalse();

    agent.recover();
    time.advance(Duration.ofSeconds(2));
    assertThat(web.settled()).isTrue();
    assertThat(agent.held("web-1").weight()).isEqualTo(7);
    assertThat(agent.lists("web-1")).isFalse();
  }

  @Test
  void manyChangesDuringAnOutageCauseNoMoreRetries() {
    join();
    agent.failWith(Kind.UNAVAILABLE, "gone");
    time.advance(Duration.ofMinutes(1));
    agent.calls();
    for (int i = 1; i <= 1000; i++) {
      web.weights(i, 1);
      time.settle();
    }
    assertThat(agent.calls()).isEmpty();
  }

  @Test
  void maintenanceHoldsThroughALossOfDataAndEndsWhenAsked() {
    join();
    web.beginMaintenance("repair");
    time.settle();
    assertThat(agent.lists("web-1")).isFalse();
    assertThat(agent.calls()).containsExactly("begin maintenance", "heartbeat");

    agent.beforeEach(call -> assertThat(agent.lists("web-1")).as(call).isFalse());
    agent.loseAllData();
    time.advance(Duration.ofSeconds(6));
    assertThat(agent.calls()).contains("register", "begin maintenance");
    assertThat(agent.lists("web-1")).isFalse();

    agent.beforeEach(call -> {});
    web.endMaintenance();
    time.settle();
    assertThat(agent.lists("web-1")).isTrue();
  }

  @Test
  void aChangeAfterLeavingIsNotTold() {
    join();
    var unused = web.leaveAsync();
    web.weights(7, 2);
    time.advance(Duration.ofMinutes(1));
    assertThat(agent.calls()).containsExactly("deregister");
  }

  @Test
  void aChangedReasonOfAMaintenanceIsToldAndTheServiceIsNeverSeenMeanwhile() {
    join();
    web.beginMaintenance("repair");
    time.settle();
    agent.calls();
    agent.beforeEach(call -> assertThat(agent.lists("web-1")).as(call).isFalse());
    web.beginMaintenance("a new disk");
    time.settle();
    assertThat(agent.calls()).containsExactly("change maintenance", "heartbeat");
    assertThat(agent.reason("web-1")).isEqualTo("a new disk");
  }

  @Test
  void aServiceWhoseAddressHasChangedIsRegisteredThereByTheNextHeartbeat() {
    join();
    agent.displace("web-1");
    time.advance(Duration.ofMillis(5500));
    assertThat(agent.calls()).containsExactly("heartbeat", "update", "heartbeat");
    assertThat(told).isEmpty();
    assertThat(logged.lines())
        .last()
        .isEqualTo("INFO web-1 is registered at 198.18.0.2:80 now, not at 198.18.0.1:80");
    time.advance(Duration.ofMinutes(1));
    assertThat(agent.calls()).containsOnly("heartbeat");
  }

  @Test
  void anAddressThatIsNoLongerRightIsNotKeptAliveByHeartbeats() {
    join();
    agent.displace("web-1");
    agent.beforeEach(
        call -> {
          if (call.equals("update")) {
            agent.failWith(Kind.UNAVAILABLE, "no address of this machine is in the network");
          }
        });
    time.advance(Duration.ofMillis(5500));
    agent.beforeEach(call -> agent.recover());
    agent.calls();
    agent.beforeEach(
        call -> {
          assertThat(call).isNotEqualTo("heartbeat");
          agent.failWith(Kind.UNAVAILABLE, "no address of this machine is in the network");
        });
    time.advance(TTL);
    assertThat(agent.calls()).containsOnly("update");
    assertThat(web.state()).isEqualTo(RegistrationState.JOINING);
    agent.beforeEach(call -> agent.recover());
    time.advance(Duration.ofSeconds(2));
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);
    assertThat(agent.calls()).endsWith("update", "heartbeat");
  }

  @Test
  void aRecordThatSomebodyReplacedIsPutBackAndMaintenanceStays() {
    join();
    agent.takeOver("web-1", "");
    agent.maintain("web-1");
    time.advance(Duration.ofMillis(5500));
    assertThat(agent.calls()).containsExactly("heartbeat", "update", "heartbeat");
    assertThat(agent.record("web-1").owner()).isNotEmpty();
    assertThat(logged.lines())
        .last()
        .isEqualTo(
            "WARN web-1 was registered by somebody else, at 198.18.0.2:80; registering it again");
  }

  /** Two processes with one id. */
  private RegistrationLoop other(Duration leaveTimeout) {
    return new RegistrationLoop(
        ServiceDefinition.named("web").id("web-1").port(80).check(HealthCheck.ttl(TTL)).build(),
        agent,
        new RuntimeContext(
            time, time, time, new Random(2), new SafeListener(new DiscoveryListener() {})),
        leaveTimeout);
  }

  private long warnings() {
    return logged.lines().stream()
        .filter(line -> line.startsWith("WARN Another process has registered the id web-1 too"))
        .count();
  }

  private void advanceListed(Duration by) {
    for (Duration passed = Duration.ZERO;
        passed.compareTo(by) < 0;
        passed = passed.plusMillis(50)) {
      time.advance(Duration.ofMillis(50));
      assertThat(agent.lists("web-1")).as("listed after %s", passed).isTrue();
    }
  }

  @Test
  void twoProcessesWithOneIdSaySoAndOneOfThemIsListedWhicheverLeaves() {
    for (boolean listedLeaves : new boolean[] {true, false}) {
      RegistrationLoop first = other(Duration.ofSeconds(2));
      first.start();
      time.settle();
      RegistrationLoop second =
          loop(new SafeListener(new DiscoveryListener() {}), HealthCheck.ttl(TTL));
      second.start();
      time.settle();
      long before = warnings();
      advanceListed(Duration.ofSeconds(11));
      assertThat(warnings()).as("both said so within two heartbeats").isEqualTo(before + 2);
      advanceListed(Duration.ofSeconds(20));
      List<RegistrationState> states = List.of(first.state(), second.state());
      assertThat(states)
          .containsExactlyInAnyOrder(RegistrationState.PASSING, RegistrationState.JOINING);

      RegistrationLoop listed = first.state() == RegistrationState.PASSING ? first : second;
      RegistrationLoop waiting = listed == first ? second : first;
      RegistrationLoop leaves = listedLeaves ? listed : waiting;
      RegistrationLoop stays = listedLeaves ? waiting : listed;
      CompletableFuture<Boolean> left = leaves.leaveAsync();
      advanceListed(Duration.ofSeconds(20));
      assertThat(left).isCompletedWithValue(true);
      assertThat(stays.state()).isEqualTo(RegistrationState.PASSING);

      var unused = stays.leaveAsync();
      time.advance(Duration.ofSeconds(3));
      assertThat(agent.holds("web-1")).isFalse();
    }
  }

  @Test
  void whatIsHeldByTheOtherIsTakenOverWhenThatIsLost() {
    join();
    agent.takeOver("web-1", "ff");
    time.advance(Duration.ofSeconds(6));
    agent.takeOver("web-1", "ff");
    time.advance(Duration.ofSeconds(6));
    assertThat(web.state()).isEqualTo(RegistrationState.JOINING);
    agent.calls();
    time.advance(Duration.ofSeconds(6));
    assertThat(agent.calls()).as("says nothing for the other").isEmpty();

    agent.find("web-1", HealthStatus.CRITICAL);
    time.advance(Duration.ofSeconds(1));
    assertThat(agent.lists("web-1")).isTrue();
    assertThat(agent.record("web-1").owner()).isNotEqualTo("ff");
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);
  }

  @Test
  void aServiceWithoutHeartbeatPassesWhenTheAgentFindsSo() {
    RegistrationLoop probed = loop(listener, HealthCheck.tcp());
    probed.start();
    time.settle();
    assertThat(probed.state()).isEqualTo(RegistrationState.JOINING);
    assertThat(probed.settled()).isTrue();

    agent.find("web-1", HealthStatus.PASSING);
    time.advance(Duration.ofSeconds(11));
    assertThat(probed.state()).isEqualTo(RegistrationState.PASSING);
    assertThat(agent.calls()).doesNotContain("heartbeat");

    agent.find("web-1", HealthStatus.CRITICAL);
    time.advance(Duration.ofSeconds(33));
    assertThat(probed.state()).isEqualTo(RegistrationState.JOINING);
    assertThat(logged.lines())
        .containsExactly(
            "INFO web-1 is registered and passing",
            "WARN web-1 is registered, but Consul does not find it passing");
  }

  @Test
  void aServiceWithoutHeartbeatThatWasForgottenIsBackWithinElevenSeconds() {
    RegistrationLoop probed = loop(listener, HealthCheck.tcp());
    agent.find("web-1", HealthStatus.PASSING);
    probed.start();
    time.settle();
    agent.calls();
    time.advance(Duration.ofMinutes(10));
    assertThat(agent.calls()).containsOnly("find").hasSizeBetween(54, 66);

    agent.loseAllData();
    time.advance(Duration.ofSeconds(11));
    assertThat(agent.holds("web-1")).isTrue();
  }
}
