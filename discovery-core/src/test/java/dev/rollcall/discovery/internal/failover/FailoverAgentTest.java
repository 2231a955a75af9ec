package dev.rollcall.discovery.internal.failover;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.rollcall.discovery.CheckSchedule;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.AgentApi.AgentService;
import dev.rollcall.discovery.internal.api.AgentApi.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.FakeAgent;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.api.SafeListener;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import dev.rollcall.discovery.internal.failover.FailoverAgent.MonitoredAgent;
import dev.rollcall.discovery.internal.registration.DeregistrationRaceTest;
import dev.rollcall.discovery.internal.registration.RegistrationLoop;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A service that lives with one of several agents. */
class FailoverAgentTest {

  private static final SafeListener NOBODY = new SafeListener(new DiscoveryListener() {});
  private static final Duration LEAVE = Duration.ofSeconds(2);

  private final ManualTime time = new ManualTime();
  private final FakeAgent first = new FakeAgent();
  private final FakeAgent second = new FakeAgent();
  private final LogCapture logged = new LogCapture();
  private final RuntimeContext means = means(time, new Random(1));
  private final FailoverAgent both = failover(means, first, second);
  private final RegistrationLoop web = loop("web-1");

  @AfterEach
  void closeLog() {
    logged.close();
  }

  private static RuntimeContext means(ManualTime time, RandomGenerator random) {
    return new RuntimeContext(time, time, time, random, NOBODY);
  }

  private static FailoverAgent failover(RuntimeContext context, AgentApi first, AgentApi second) {
    Map<String, AgentApi> byName = new LinkedHashMap<>();
    byName.put("one", first);
    byName.put("two", second);
    return new FailoverAgent(byName, context);
  }

  private RegistrationLoop loop(String id) {
    return new RegistrationLoop(definition(id), both, means, LEAVE);
  }

  private static ServiceDefinition definition(String id) {
    return ServiceDefinition.named("web")
        .id(id)
        .port(80)
        .check(HealthCheck.ttl(Duration.ofSeconds(15)))
        .build();
  }

  /** One that the agent checks itself. */
  private static ServiceDefinition probed(String id) {
    return ServiceDefinition.named("web")
        .id(id)
        .port(80)
        .check(HealthCheck.http("/health").schedule(CheckSchedule.every(Duration.ofSeconds(5))))
        .build();
  }

  private void join() {
    web.start();
    time.settle();
    assertThat(first.lists("web-1")).isTrue();
  }

  private void moveToSecond() {
    first.failWith(Kind.UNAVAILABLE, "no connection");
    time.advance(Duration.ofSeconds(15));
    assertThat(second.lists("web-1")).isTrue();
  }

  @Test
  void servicesRegisterWithTheFirstAgentOnly() {
    join();
    time.advance(Duration.ofMinutes(5));
    assertThat(second.calls()).isEmpty();
  }

  @Test
  void servicesFailOverBeforeTheCheckExpiresWhenTheAgentIsLostForLongerThanAHeartbeat() {
    join();
    time.advance(Duration.ofSeconds(20));
    first.failWith(Kind.UNAVAILABLE, "no connection");
    time.advance(Duration.ofSeconds(4));
    assertThat(second.calls()).as("within a heartbeat").isEmpty();
    time.advance(Duration.ofSeconds(10));
    assertThat(second.lists("web-1")).isTrue();
    assertThat(web.state()).isEqualTo(RegistrationState.PASSING);
    assertThat(logged.lines())
        .contains("WARN web-1 is registered with the agent at two, as another is lost");
  }

  @Test
  void changedTagsAreRegisteredWithTheNextAgentToo() {
    join();
    web.weights(7, 1);
    web.beginMaintenance("repair");
    time.settle();
    first.failWith(Kind.UNAVAILABLE, "no connection");
    time.advance(Duration.ofSeconds(15));
    assertThat(second.held("web-1").weight()).isEqualTo(7);
    assertThat(second.lists("web-1")).as("in maintenance").isFalse();

    web.endMaintenance();
    time.settle();
    assertThat(second.lists("web-1")).isTrue();
  }

  @Test
  void aChangeWhileTheAgentIsBeingLostIsMadeAtTheNext() {
    join();
    first.failWith(Kind.UNAVAILABLE, "no connection");
    web.weights(7, 1);
    time.advance(Duration.ofSeconds(15));
    assertThat(second.held("web-1").weight()).isEqualTo(7);
    assertThat(web.settled()).isTrue();
  }

  @Test
  void aServiceThatTheAgentProbesFailsOverToo() {
    RegistrationLoop looked = new RegistrationLoop(probed("web-3"), both, means, LEAVE);
    looked.start();
    time.settle();
    first.find("web-3", HealthStatus.PASSING);
    time.advance(Duration.ofMinutes(1));
    assertThat(looked.state()).isEqualTo(RegistrationState.PASSING);

    first.failWith(Kind.UNAVAILABLE, "no connection");
    time.advance(Duration.ofSeconds(45));
    assertThat(second.holds("web-3")).isTrue();
    first.recover();
    time.advance(Duration.ofSeconds(40));
    assertThat(first.holds("web-3")).isFalse();
  }

  @Test
  void anAgentThatIsBackWithinAHeartbeatKeepsItsServices() {
    join();
    for (int i = 0; i < 10; i++) {
      first.failWith(Kind.UNAVAILABLE, "no connection");
      time.advance(Duration.ofSeconds(4));
      first.recover();
      time.advance(Duration.ofSeconds(6));
    }
    assertThat(second.calls()).isEmpty();
  }

  @Test
  void aRefusalThatAnotherAgentWouldGiveTooCausesNoFailover() {
    join();
    for (Kind kind : List.of(Kind.FORBIDDEN, Kind.REJECTED)) {
      first.failWith(kind, "no");
      time.advance(Duration.ofMinutes(1));
    }
    assertThat(second.calls()).isEmpty();
  }

  @Test
  void theServiceIsRemovedFromTheOldAgentWhenThatIsBackAndStaysWithTheNewOne() {
    join();
    moveToSecond();
    assertThat(first.holds("web-1")).isTrue();

    first.recover();
    time.advance(Duration.ofSeconds(40));
    assertThat(first.holds("web-1")).isFalse();
    assertThat(second.lists("web-1")).isTrue();
    assertThat(logged.lines())
        .contains("INFO web-1 is removed from the agent at one, which had been lost");
    first.calls();
    time.advance(Duration.ofMinutes(5));
    assertThat(first.calls()).isEmpty();
  }

  @Test
  void aServiceMayComeBackToAnAgentThatWasToRemoveIt() {
    join();
    moveToSecond();
    second.failWith(Kind.UNAVAILABLE, "no connection");
    time.advance(Duration.ofSeconds(15));
    first.recover();
    time.advance(Duration.ofSeconds(15));
    assertThat(first.lists("web-1")).isTrue();
    first.calls();

    second.recover();
    time.advance(Duration.ofMinutes(2));
    assertThat(first.calls()).containsOnly("heartbeat");
    assertThat(second.holds("web-1")).isFalse();
  }

  @Test
  void aServiceStartsWithAnAgentThatIsThere() {
    first.failWith(Kind.UNAVAILABLE, "no connection");
    web.start();
    time.advance(Duration.ofSeconds(10));
    assertThat(second.lists("web-1")).isTrue();
  }

  @Test
  void aLossThatOneServiceFindsOutMovesAllServices() {
    join();
    RegistrationLoop other = loop("web-2");
    moveToSecond();
    first.calls();
    other.start();
    time.settle();
    assertThat(first.calls()).doesNotContain("register");
    assertThat(second.lists("web-2")).isTrue();
  }

  @Test
  void anOutageOfAllAgentsIsLoggedOnce() {
    join();
    first.failWith(Kind.UNAVAILABLE, "no connection");
    second.failWith(Kind.UNAVAILABLE, "no connection");
    time.advance(Duration.ofMinutes(30));
    assertThat(logged.lines()).hasSizeLessThan(6);
    second.recover();
    time.advance(Duration.ofSeconds(15));
    assertThat(second.lists("web-1")).isTrue();
  }

  @Test
  void leavingRemovesItFromEveryAgentThatMayHoldIt() {
    join();
    moveToSecond();
    first.recover();
    web.beginLeave();
    time.settle();
    assertThat(web.leave()).isTrue();
    assertThat(first.holds("web-1")).isFalse();
    assertThat(second.holds("web-1")).isFalse();
  }

  @Test
  void anAgentThatIsLostCannotConfirmALeaveButIsToldLater() {
    join();
    moveToSecond();
    web.beginLeave();
    time.settle();
    assertThat(second.holds("web-1")).as("the one that is there comes first").isFalse();
    time.advance(LEAVE);
    assertThat(web.state()).isEqualTo(RegistrationState.LEFT);
    assertThat(web.leave()).isFalse();

    first.recover();
    time.advance(Duration.ofSeconds(40));
    assertThat(first.holds("web-1")).isFalse();
  }

  @Test
  void anAgentThatNeverTookAConnectionHoldsUpNoLeave() {
    first.refuse();
    web.start();
    time.advance(Duration.ofSeconds(10));
    assertThat(second.lists("web-1")).isTrue();
    web.beginLeave();
    time.settle();
    assertThat(web.state()).isEqualTo(RegistrationState.LEFT);
    assertThat(web.leave()).isTrue();
    assertThat(second.holds("web-1")).isFalse();
  }

  @Test
  void anAgentThatTakesNoConnectionAnyMoreStillCountsIfItMayHoldTheService() {
    join();
    first.refuse();
    time.advance(Duration.ofSeconds(15));
    second.refuse();
    time.advance(Duration.ofSeconds(30));
    web.beginLeave();
    time.advance(LEAVE);
    assertThat(web.leave()).isFalse();
    first.recover();
    second.recover();
    time.advance(Duration.ofSeconds(40));
    assertThat(first.holds("web-1")).isFalse();
    assertThat(second.holds("web-1")).isFalse();
  }

  @Test
  void aServiceThatIsBackIsNotRemovedAnyMore() {
    MonitoredAgent one = new MonitoredAgent("one", first, means);
    one.removeLater("web-1", "me");
    assertThat(one.cancelRemoval("web-1")).isTrue();
    time.advance(Duration.ofMinutes(2));
    assertThat(first.calls()).isEmpty();
  }

  @Test
  void aRemovalUnderWayKeepsTheServiceFromComingBackUntilItIsOver() {
    MonitoredAgent one = new MonitoredAgent("one", first, means);
    boolean[] claimed = {true};
    first.beforeEach(call -> claimed[0] = one.cancelRemoval("web-1"));
    one.removeLater("web-1", "me");
    time.advance(Duration.ofSeconds(1));
    assertThat(first.calls()).containsExactly("deregister");
    assertThat(claimed[0]).isFalse();
    assertThat(one.cancelRemoval("web-1")).isTrue();
  }

  /** As with one agent: whatever happens in whatever order, nobody lists what has left. */
  @Test
  void noOrderOfStepsLeavesTheServiceRegisteredAnywhere() {
    try (LogCapture silence = new LogCapture("dev.rollcall.discovery", Level.OFF)) {
      for (int seed = 0; seed < 10_000; seed++) {
        leaveInDisorder(new Random(seed), "seed " + seed);
      }
      assertThat(silence.lines()).isEmpty();
    }
  }

  private static void leaveInDisorder(Random choice, String seed) {
    ManualTime time = new ManualTime();
    List<FakeAgent> agents = List.of(new FakeAgent(), new FakeAgent());
    AtomicBoolean calm = new AtomicBoolean();
    RuntimeContext means = means(time, choice);
    RegistrationLoop web =
        new RegistrationLoop(
            choice.nextBoolean() ? definition("web-1") : probed("web-1"),
            failover(
                means,
                new Unsure(agents.get(0), choice, calm),
                new Unsure(agents.get(1), choice, calm)),
            means,
            LEAVE);
    web.start();
    int leaveAt = choice.nextInt(60);
    for (int step = 0; step < 80; step++) {
      if (step == leaveAt) {
        agents.forEach(FakeAgent::calls);
        web.beginLeave();
      }
      if (choice.nextInt(10) == 0) {
        DeregistrationRaceTest.change(choice, web);
      }
      disturb(choice, time, agents.get(choice.nextInt(2)));
    }
    calm.set(true);
    agents.forEach(FakeAgent::recover);
    time.advance(Duration.ofMinutes(5));

    assertThat(web.state()).as(seed).isEqualTo(RegistrationState.LEFT);
    for (FakeAgent agent : agents) {
      assertThat(agent.calls())
          .as(seed)
          .doesNotContain("register", "update", "heartbeat", "find", "begin maintenance");
      assertThat(agent.holds("web-1")).as(seed).isFalse();
    }
  }

  private static void disturb(Random choice, ManualTime time, FakeAgent agent) {
    switch (choice.nextInt(10)) {
      case 0 -> agent.loseAllData();
      case 1, 2 -> agent.failWith(Kind.UNAVAILABLE, "gone");
      case 3, 4 -> agent.recover();
      case 5 -> agent.refuse();
      case 6 -> time.advance(Duration.ofMillis(choice.nextInt(12_000)));
      default -> time.runOneDue(choice);
    }
  }

  /** An agent of whose answers some get lost after the call has taken effect. */
  private record Unsure(FakeAgent held, Random choice, AtomicBoolean calm) implements AgentApi {

    private <T> Result<T> perhaps(Result<T> answer) {
      return calm.get() || choice.nextInt(4) > 0
          ? answer
          : Result.failed(Kind.UNAVAILABLE, "the answer got lost");
    }

    @Override
    public Result<Done> register(AgentServiceRegistration service, HealthStatus atFirst) {
      return perhaps(held.register(service, atFirst));
    }

    @Override
    public Result<Done> update(AgentServiceRegistration service) {
      return perhaps(held.update(service));
    }

    @Override
    public Result<Done> beginMaintenance(String id, String reason) {
      return perhaps(held.beginMaintenance(id, reason));
    }

    @Override
    public Result<AgentService> find(AgentServiceRegistration service) {
      return perhaps(held.find(service));
    }

    @Override
    public Result<Done> changeMaintenance(String id, String reason) {
      return perhaps(held.changeMaintenance(id, reason));
    }

    @Override
    public Result<Done> endMaintenance(String id) {
      return perhaps(held.endMaintenance(id));
    }

    @Override
    public Result<Done> heartbeat(String id, HealthReport report) {
      return perhaps(held.heartbeat(id, report));
    }

    @Override
    public Result<Done> deregister(String id, String owner, Duration within) {
      return perhaps(held.deregister(id, owner, within));
    }
  }
}
