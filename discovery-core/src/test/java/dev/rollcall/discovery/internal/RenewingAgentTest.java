package dev.rollcall.discovery.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RenewingAgentTest {

  private static final ServiceDefinition WEB =
      ServiceDefinition.named("web").id("web-1").port(80).build();

  private static ServiceRecord record(ServiceDefinition definition) {
    return new ServiceRecord(definition, "me");
  }

  private final Logged logged = new Logged();
  private final FakeAgent held = new FakeAgent();
  private Optional<String> token = Optional.of("s3cr3t one");
  private final RenewingAgent agent = new RenewingAgent(held, () -> token);

  @AfterEach
  void closeLog() {
    logged.close();
  }

  @Test
  void aTokenThatStaysMakesNoCalls() {
    agent.register(record(WEB), HealthStatus.PASSING);
    agent.beat("web-1");
    agent.beat("web-1");
    assertThat(held.calls()).containsExactly("register", "beat", "beat");
  }

  @Test
  void aNewTokenIsGivenToTheAgentOnceWithTheNextBeat() {
    agent.register(record(WEB), HealthStatus.PASSING);
    token = Optional.of("s3cr3t two");
    assertThat(agent.beat("web-1")).isInstanceOf(Answer.Ok.class);
    assertThat(agent.beat("web-1")).isInstanceOf(Answer.Ok.class);
    assertThat(held.calls()).containsExactly("register", "beat", "update", "beat");
    assertThat(logged.lines()).containsExactly("INFO web-1 is registered under a new token");
  }

  @Test
  void aLookAtAServiceThatTheAgentChecksGivesItTheNewTokenToo() {
    agent.register(record(WEB), HealthStatus.PASSING);
    held.find("web-1", HealthStatus.PASSING);
    token = Optional.of("s3cr3t two");
    assertThat(agent.find(record(WEB))).isInstanceOf(Answer.Ok.class);
    agent.find(record(WEB));
    assertThat(held.calls()).containsExactly("register", "update");
  }

  @Test
  void whatWasChangedStaysAsItIsUnderTheNewToken() {
    agent.register(record(WEB), HealthStatus.PASSING);
    agent.update(record(WEB.withWeights(7, 1)));
    token = Optional.of("s3cr3t two");
    agent.beat("web-1");
    assertThat(held.held("web-1").weight()).isEqualTo(7);
  }

  @Test
  void aTokenThatTheAgentDoesNotTakeIsTriedAgain() {
    agent.register(record(WEB), HealthStatus.PASSING);
    token = Optional.of("s3cr3t two");
    failing("update", Kind.FORBIDDEN);
    assertThat(agent.beat("web-1")).isInstanceOf(Answer.Failed.class);
    held.recover();
    held.beforeEach(call -> {});
    assertThat(agent.beat("web-1")).isInstanceOf(Answer.Ok.class);
    assertThat(held.calls()).containsExactly("register", "beat", "update", "beat", "update");
  }

  @Test
  void aLeaveUnderANewTokenGivesItToTheAgentFirst() {
    agent.register(record(WEB), HealthStatus.PASSING);
    token = Optional.of("s3cr3t two");
    assertThat(agent.deregister("web-1", "me", Duration.ofSeconds(1)))
        .isInstanceOf(Answer.Ok.class);
    agent.beat("web-1");
    assertThat(held.calls()).containsExactly("register", "update", "deregister", "beat");
  }

  @Test
  void nothingIsRegisteredOnTheWayOutOfAnAgentThatHoldsNothing() {
    agent.register(record(WEB), HealthStatus.PASSING);
    held.loseAllData();
    token = Optional.of("s3cr3t two");
    agent.deregister("web-1", "me", Duration.ofSeconds(1));
    assertThat(held.calls()).containsExactly("register", "deregister");
  }

  @Test
  void aRemovalThatARenewalMightOvertakeIsTriedAgain() {
    agent.register(record(WEB), HealthStatus.PASSING);
    token = Optional.of("s3cr3t two");
    failing("update", Kind.UNAVAILABLE);
    assertThat(agent.deregister("web-1", "me", Duration.ofSeconds(1)))
        .isInstanceOf(Answer.Failed.class);
    assertThat(held.calls()).containsExactly("register", "update");
    held.recover();
    held.beforeEach(call -> {});
    assertThat(agent.deregister("web-1", "me", Duration.ofSeconds(1)))
        .isInstanceOf(Answer.Ok.class);
    assertThat(held.calls()).containsExactly("update", "deregister");
  }

  @Test
  void aNewTokenThatMayNotRegisterMayRemoveAllTheSame() {
    agent.register(record(WEB), HealthStatus.PASSING);
    token = Optional.of("s3cr3t two");
    held.beforeEach(
        call -> {
          if (call.equals("update")) {
            held.failWith(Kind.FORBIDDEN, "403");
          } else {
            held.recover();
          }
        });
    assertThat(agent.deregister("web-1", "me", Duration.ofSeconds(1)))
        .isInstanceOf(Answer.Ok.class);
    assertThat(held.holds("web-1")).isFalse();
  }

  private void failing(String which, Kind kind) {
    held.beforeEach(
        call -> {
          if (call.equals(which)) {
            held.failWith(kind, "no");
          }
        });
  }

  @Test
  void aServiceThatTheAgentHasForgottenIsNotSlippedIn() {
    agent.register(record(WEB), HealthStatus.PASSING);
    held.loseAllData();
    token = Optional.of("s3cr3t two");
    assertThat(agent.beat("web-1")).isInstanceOf(Answer.Failed.class);
    assertThat(held.calls()).containsExactly("register", "beat");
  }

  @Test
  void aTokenThatCannotBeReadIsLeftToTheCallsToTell() {
    RenewingAgent unreadable =
        new RenewingAgent(
            held,
            () -> {
              throw new UncheckedIOException(new IOException("no file"));
            });
    assertThat(unreadable.register(record(WEB), HealthStatus.PASSING))
        .isInstanceOf(Answer.Ok.class);
    assertThat(unreadable.beat("web-1")).isInstanceOf(Answer.Ok.class);
    assertThat(held.calls()).containsExactly("register", "beat");
  }
}
