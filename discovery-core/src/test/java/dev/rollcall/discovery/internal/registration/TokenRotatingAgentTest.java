package dev.rollcall.discovery.internal.registration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentApi.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.FakeAgent;
import dev.rollcall.discovery.internal.api.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TokenRotatingAgentTest {

  private static final ServiceDefinition WEB =
      ServiceDefinition.named("web").id("web-1").port(80).build();

  private static AgentServiceRegistration record(ServiceDefinition definition) {
    return new AgentServiceRegistration(definition, "me");
  }

  private final LogCapture logged = new LogCapture();
  private final FakeAgent held = new FakeAgent();
  private Optional<String> token = Optional.of("s3cr3t one");
  private final TokenRotatingAgent agent = new TokenRotatingAgent(held, () -> token);

  @AfterEach
  void closeLog() {
    logged.close();
  }

  @Test
  void aTokenThatStaysMakesNoCalls() {
    agent.register(record(WEB), HealthStatus.PASSING);
    agent.heartbeat("web-1", HealthReport.passing());
    agent.heartbeat("web-1", HealthReport.passing());
    assertThat(held.calls()).containsExactly("register", "heartbeat", "heartbeat");
  }

  @Test
  void aNewTokenIsGivenToTheAgentOnceWithTheNextHeartbeat() {
    agent.register(record(WEB), HealthStatus.PASSING);
    token = Optional.of("s3cr3t two");
    assertThat(agent.heartbeat("web-1", HealthReport.passing())).isInstanceOf(Result.Ok.class);
    assertThat(agent.heartbeat("web-1", HealthReport.passing())).isInstanceOf(Result.Ok.class);
    assertThat(held.calls()).containsExactly("register", "heartbeat", "update", "heartbeat");
    assertThat(logged.lines()).containsExactly("INFO web-1 is registered under a new token");
  }

  @Test
  void aLookAtAServiceThatTheAgentChecksGivesItTheNewTokenToo() {
    agent.register(record(WEB), HealthStatus.PASSING);
    held.find("web-1", HealthStatus.PASSING);
    token = Optional.of("s3cr3t two");
    assertThat(agent.find(record(WEB))).isInstanceOf(Result.Ok.class);
    agent.find(record(WEB));
    assertThat(held.calls()).containsExactly("register", "update");
  }

  @Test
  void whatWasChangedStaysAsItIsUnderTheNewToken() {
    agent.register(record(WEB), HealthStatus.PASSING);
    agent.update(record(WEB.weights(7, 1)));
    token = Optional.of("s3cr3t two");
    agent.heartbeat("web-1", HealthReport.passing());
    assertThat(held.held("web-1").weight()).isEqualTo(7);
  }

  @Test
  void aTokenThatTheAgentDoesNotTakeIsTriedAgain() {
    agent.register(record(WEB), HealthStatus.PASSING);
    token = Optional.of("s3cr3t two");
    failing("update", Kind.FORBIDDEN);
    assertThat(agent.heartbeat("web-1", HealthReport.passing())).isInstanceOf(Result.Failed.class);
    held.recover();
    held.beforeEach(call -> {});
    assertThat(agent.heartbeat("web-1", HealthReport.passing())).isInstanceOf(Result.Ok.class);
    assertThat(held.calls())
        .containsExactly("register", "heartbeat", "update", "heartbeat", "update");
  }

  @Test
  void aLeaveUnderANewTokenGivesItToTheAgentFirst() {
    agent.register(record(WEB), HealthStatus.PASSING);
    token = Optional.of("s3cr3t two");
    assertThat(agent.deregister("web-1", "me", Duration.ofSeconds(1)))
        .isInstanceOf(Result.Ok.class);
    agent.heartbeat("web-1", HealthReport.passing());
    assertThat(held.calls()).containsExactly("register", "update", "deregister", "heartbeat");
  }

  @Test
  void aDeregistrationRegistersNothingAtAnAgentThatHoldsNothing() {
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
        .isInstanceOf(Result.Failed.class);
    assertThat(held.calls()).containsExactly("register", "update");
    held.recover();
    held.beforeEach(call -> {});
    assertThat(agent.deregister("web-1", "me", Duration.ofSeconds(1)))
        .isInstanceOf(Result.Ok.class);
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
        .isInstanceOf(Result.Ok.class);
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
  void aServiceThatTheAgentHasForgottenIsNotRegisteredByTheRotation() {
    agent.register(record(WEB), HealthStatus.PASSING);
    held.loseAllData();
    token = Optional.of("s3cr3t two");
    assertThat(agent.heartbeat("web-1", HealthReport.passing())).isInstanceOf(Result.Failed.class);
    assertThat(held.calls()).containsExactly("register", "heartbeat");
  }

  @Test
  void aTokenThatCannotBeReadIsLeftToTheCallsToTell() {
    TokenRotatingAgent unreadable =
        new TokenRotatingAgent(
            held,
            () -> {
              throw new UncheckedIOException(new IOException("no file"));
            });
    assertThat(unreadable.register(record(WEB), HealthStatus.PASSING))
        .isInstanceOf(Result.Ok.class);
    assertThat(unreadable.heartbeat("web-1", HealthReport.passing())).isInstanceOf(Result.Ok.class);
    assertThat(held.calls()).containsExactly("register", "heartbeat");
  }
}
