package dev.rollcall.discovery.internal.registration;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.DiscoveryListener;
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
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A service that has left must not come back, however its leave races with a registration. */
public class DeregistrationRaceTest {

  private static final ServiceDefinition WEB =
      ServiceDefinition.named("web").id("web-1").port(80).build();
  private static final SafeListener NOBODY = new SafeListener(new DiscoveryListener() {});

  private final LogCapture silence = new LogCapture("dev.rollcall.discovery", Level.OFF);

  @AfterEach
  void speak() {
    silence.close();
  }

  /** Every order of steps that a seed can choose: losses, outages, time, and a leave somewhere. */
  @Test
  void noOrderOfTasksRegistersItAgain() {
    for (int seed = 0; seed < 20_000; seed++) {
      Random choice = new Random(seed);
      ManualTime time = new ManualTime();
      FakeAgent agent = new FakeAgent();
      RegistrationLoop web =
          new RegistrationLoop(
              WEB,
              agent,
              new RuntimeContext(time, time, time, choice, NOBODY),
              Duration.ofSeconds(2));
      web.start();
      int leaveAt = choice.nextInt(40);
      for (int step = 0; step < 60; step++) {
        if (step == leaveAt) {
          agent.calls();
          web.beginLeave();
        }
        if (choice.nextInt(10) == 0) {
          change(choice, web);
        }
        disturb(choice, time, agent);
      }
      agent.recover();
      time.advance(Duration.ofMinutes(5));

      assertThat(web.state()).as("seed %d", seed).isEqualTo(RegistrationState.LEFT);
      assertThat(agent.calls())
          .as("seed %d", seed)
          .doesNotContain("register", "update", "heartbeat", "begin maintenance");
      boolean told = web.leave();
      assertThat(told && agent.holds("web-1")).as("seed %d", seed).isFalse();
    }
  }

  /** What an app may change while its service runs. */
  public static void change(Random choice, RegistrationLoop web) {
    switch (choice.nextInt(3)) {
      case 0 -> web.weights(1 + choice.nextInt(9), 1);
      case 1 -> web.beginMaintenance("repair");
      default -> web.endMaintenance();
    }
  }

  private static void disturb(Random choice, ManualTime time, FakeAgent agent) {
    switch (choice.nextInt(9)) {
      case 0 -> agent.loseAllData();
      case 1 -> agent.failWith(Kind.UNAVAILABLE, "gone");
      case 2, 3 -> agent.recover();
      case 4 -> agent.refuse();
      case 5 -> time.advance(Duration.ofMillis(choice.nextInt(6000)));
      default -> time.runOneDue(choice);
    }
  }

  @Test
  void aDeregistrationDuringARegistrationComesAfterIt() {
    ManualTime time = new ManualTime();
    FakeAgent agent = new FakeAgent();
    RegistrationLoop[] web = new RegistrationLoop[1];
    agent.beforeEach(
        call -> {
          if (call.equals("register")) {
            web[0].beginLeave();
            time.settle();
          }
        });
    web[0] =
        new RegistrationLoop(
            WEB,
            agent,
            new RuntimeContext(time, time, time, new Random(1), NOBODY),
            Duration.ofSeconds(2));
    web[0].start();
    time.advance(Duration.ofMinutes(1));

    assertThat(agent.calls()).containsExactly("register", "deregister");
    assertThat(agent.holds("web-1")).isFalse();
    assertThat(web[0].leave()).isTrue();
  }

  /** Real threads: calls take time, and the leave falls into the middle of them. */
  @Test
  void noRaceOfThreadsRegistersItAgain() throws Exception {
    ExecutorService threads =
        new ThreadPoolExecutor(
            4,
            4,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new ThreadPoolExecutor.DiscardPolicy());
    try {
      for (int round = 0; round < 5_000; round++) {
        race(threads, round);
      }
    } finally {
      threads.shutdownNow();
      assertThat(threads.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void race(ExecutorService threads, int round) throws Exception {
    SlowAgent agent = new SlowAgent();
    RuntimeContext.Scheduler never = (delay, task) -> {};
    RuntimeContext.Scheduler atOnce = (delay, task) -> threads.execute(task);
    RegistrationLoop web =
        new RegistrationLoop(
            WEB,
            agent,
            new RuntimeContext(
                threads,
                // The bound of the leave is not under test, the pauses between steps are none.
                (delay, task) ->
                    (delay.equals(Duration.ofHours(1)) ? never : atOnce).schedule(delay, task),
                Clock.system(),
                ThreadLocalRandom.current(),
                NOBODY),
            Duration.ofHours(1));
    CyclicBarrier together = new CyclicBarrier(2);
    web.start();
    Future<?> losing =
        threads.submit(
            () -> {
              together.await();
              for (int i = 0; i < 5; i++) {
                agent.held.loseAllData();
                web.weights(i + 1, 1);
                dawdle();
              }
              return null;
            });
    together.await();
    spin(ThreadLocalRandom.current().nextInt(2000));
    boolean left = web.leaveAsync().get(10, TimeUnit.SECONDS);
    losing.get(10, TimeUnit.SECONDS);

    assertThat(left).as("round %d", round).isTrue();
    assertThat(agent.held.holds("web-1")).as("round %d", round).isFalse();
    List<String> calls = agent.held.calls();
    int removed = calls.lastIndexOf("deregister");
    assertThat(calls.subList(removed + 1, calls.size())).as("round %d", round).isEmpty();
  }

  private static void dawdle() {
    spin(ThreadLocalRandom.current().nextInt(300));
    if (ThreadLocalRandom.current().nextInt(4) == 0) {
      LockSupport.parkNanos(1_000);
    }
  }

  private static void spin(int times) {
    for (int i = 0; i < times; i++) {
      Thread.onSpinWait();
    }
  }

  /** An agent whose calls take a moment before and after they take effect. */
  private static final class SlowAgent implements AgentApi {
    private final FakeAgent held = new FakeAgent();

    @Override
    public Result<Done> register(AgentServiceRegistration service, HealthStatus atFirst) {
      dawdle();
      Result<Done> answer = held.register(service, atFirst);
      dawdle();
      return answer;
    }

    @Override
    public Result<Done> update(AgentServiceRegistration service) {
      dawdle();
      return held.update(service);
    }

    @Override
    public Result<Done> beginMaintenance(String id, String reason) {
      return held.beginMaintenance(id, reason);
    }

    @Override
    public Result<AgentService> find(AgentServiceRegistration service) {
      return held.find(service);
    }

    @Override
    public Result<Done> changeMaintenance(String id, String reason) {
      return held.changeMaintenance(id, reason);
    }

    @Override
    public Result<Done> endMaintenance(String id) {
      return held.endMaintenance(id);
    }

    @Override
    public Result<Done> heartbeat(String id, HealthReport report) {
      dawdle();
      return held.heartbeat(id, report);
    }

    @Override
    public Result<Done> deregister(String id, String owner, Duration within) {
      dawdle();
      return held.deregister(id, owner, within);
    }
  }
}
