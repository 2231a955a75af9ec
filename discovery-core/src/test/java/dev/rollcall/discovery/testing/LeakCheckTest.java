package dev.rollcall.discovery.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Watch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeakCheckTest {

  private final LeakCheck leaks = new LeakCheck();
  private final Discovery discovery = new InMemoryRegistry(leaks).connect();

  @AfterEach
  void close() {
    leaks.close();
  }

  private Registration register() {
    return discovery.register(ServiceDefinition.named("web").id("web-1").port(80).build());
  }

  private Watch watch() {
    return discovery.watch(ServiceQuery.service("shop"), snapshot -> {});
  }

  @Test
  void namesWhatIsOpenAndWhereItWasOpened() {
    Registration registration = register();
    Watch watch = watch();
    assertThatThrownBy(leaks::assertNoLeaks)
        .isInstanceOf(AssertionError.class)
        .hasMessage("never closed: registration web-1, watch of shop")
        .satisfies(
            error ->
                assertThat(error.getSuppressed()[1].getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals("watch")));
    assertThat(registration.id()).isEqualTo("web-1");
    assertThat(watch.query().service()).isEqualTo("shop");
  }

  @Test
  void whatWasClosedIsNoLeak() {
    Registration registration = register();
    Watch watch = watch();
    watch.close();
    registration.leave();
    assertThatCode(leaks::assertNoLeaks).doesNotThrowAnyException();
  }

  @Test
  void aConnectionThatIsClosedClosesAllOfIts() {
    register();
    watch();
    discovery.close();
    assertThat(leaks.leaks()).isEmpty();
  }
}
