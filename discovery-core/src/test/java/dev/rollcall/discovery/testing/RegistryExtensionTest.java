package dev.rollcall.discovery.testing;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.EventConditions.test;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.instanceOf;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceQuery;
import org.assertj.core.api.Condition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.Events;

class RegistryExtensionTest {

  private static Events run(Class<?> tests) {
    return EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(tests))
        .execute()
        .testEvents();
  }

  @Test
  void aTestThatLeaksFailsByTheNameOfWhatItLeaked() {
    Events events = run(Leaking.class);
    events.assertStatistics(counts -> counts.started(3).succeeded(0).failed(3));
    events
        .failed()
        .assertEventsMatchLoosely(
            failure("aWatch", "never closed: watch of web"),
            failure("aRegistration", "never closed: registration web-1"),
            failure("onAnotherConnection", "never closed: watch of web"));
  }

  private static Condition<Event> failure(String method, String message) {
    return event(
        test(method), finishedWithFailure(instanceOf(AssertionError.class), message(message)));
  }

  @Test
  void aTestThatClosesWhatItOpenedPasses() {
    run(Tidy.class).assertStatistics(counts -> counts.started(2).succeeded(2));
  }

  /** Fails, on purpose; run by the test above alone, as its name does not end in Test. */
  @ExtendWith(RegistryExtension.class)
  static class Leaking {
    @Test
    void aWatch(InMemoryRegistry registry) {
      registry.connect().watch(ServiceQuery.service("web"), snapshot -> {});
    }

    @Test
    void aRegistration(InMemoryRegistry registry) {
      registry.connect().register(ServiceDefinition.named("web").id("web-1").port(80).build());
    }

    @Test
    void onAnotherConnection(LeakCheck leaks) {
      Discovery real = leaks.on(new InMemoryRegistry().connect());
      real.watch(ServiceQuery.service("web"), snapshot -> {});
    }
  }

  /** Closes in time: after each test is soon enough. */
  @ExtendWith(RegistryExtension.class)
  static class Tidy {
    @AfterEach
    void close(InMemoryRegistry registry) {
      registry.close();
    }

    @Test
    void usesIt(InMemoryRegistry registry) {
      registry.connect().watch(ServiceQuery.service("web"), snapshot -> {});
    }

    @Test
    void doesNotEvenUseIt() {}
  }
}
