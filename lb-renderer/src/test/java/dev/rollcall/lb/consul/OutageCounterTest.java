package dev.rollcall.lb.consul;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ServiceQuery;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OutageCounterTest {
  private static final ServiceQuery WEB = ServiceQuery.service("web");

  private final OutageCounter outages = new OutageCounter();

  private void fails() {
    outages.watchFailed(WEB, new ConsulFailure(ConsulFailure.Kind.UNAVAILABLE, "refused"));
  }

  private void answers(boolean changed) {
    outages.watchAnswered(WEB, changed, Duration.ZERO);
  }

  @Test
  void countsNothingWhileConsulAnswers() {
    answers(true);
    answers(true);
    assertThat(outages.count("web")).isZero();
  }

  @Test
  void countsOutageThatChangedSomething() {
    answers(true);
    fails();
    fails();
    assertThat(outages.count("web")).as("Consul has said nothing yet").isZero();
    answers(true);
    answers(true);
    assertThat(outages.count("web")).isEqualTo(1);
    assertThat(outages.count("db")).isZero();
  }

  @Test
  void countsIndexThatWentBackThoughNoCallFailed() {
    answers(true);
    outages.watchIndexWentBackwards(WEB);
    answers(true);
    answers(true);
    assertThat(outages.count("web")).isEqualTo(1);
  }

  @Test
  void doesNotCountOutageThatChangedNothing() {
    answers(true);
    fails();
    answers(false);
    answers(true);
    assertThat(outages.count("web")).isZero();
  }
}
