package dev.rollcall.discovery.internal.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SafeListenerTest {

  private final ManualTime thread = new ManualTime();
  private final LogCapture logged =
      new LogCapture(SafeListener.class.getName(), ch.qos.logback.classic.Level.INFO);
  private final List<String> heard = new ArrayList<>();
  private final List<String> changes = new ArrayList<>();
  private final DiscoveryListener listener =
      new DiscoveryListener() {
        @Override
        public void registrationChanged(String id, RegistrationState from, RegistrationState to) {
          heard.add(id);
          changes.add(from + ">" + to);
          if (id.equals("bad")) {
            throw new NoSuchMethodError("of another version");
          }
        }
      };
  private final SafeListener events = new SafeListener(listener, thread);

  @AfterEach
  void closeLog() {
    logged.close();
  }

  private void tell(String id) {
    events.tell(
        to -> to.registrationChanged(id, RegistrationState.JOINING, RegistrationState.PASSING));
  }

  @Test
  void aChangeOfStateThatDidNotFitIntoTheQueueIsDeliveredInTheEnd() {
    IntStream.range(0, SafeListener.MAX_QUEUED).forEach(i -> tell("e" + i));
    events.changed("web-1", RegistrationState.JOINING, RegistrationState.PASSING);
    events.changed("web-2", RegistrationState.JOINING, RegistrationState.PASSING);
    events.changed("web-1", RegistrationState.PASSING, RegistrationState.DRAINING);
    thread.settle();
    assertThat(heard).hasSize(SafeListener.MAX_QUEUED + 2).endsWith("web-1", "web-2");
    assertThat(changes).endsWith("JOINING>DRAINING", "JOINING>PASSING");
  }

  @Test
  void theCallerDoesNotWaitAndTheOrderIsKept() {
    tell("a");
    tell("b");
    assertThat(heard).isEmpty();
    thread.settle();
    tell("c");
    thread.settle();
    assertThat(heard).containsExactly("a", "b", "c");
  }

  @Test
  void anErrorDoesNotStopLaterEventsAndIsLoggedOnce() {
    List.of("bad", "bad", "good").forEach(this::tell);
    thread.settle();
    assertThat(heard).containsExactly("bad", "bad", "good");
    assertThat(logged.lines()).singleElement().asString().contains("threw; said once only");
  }

  @Test
  void theQueueOfAListenerThatNeverReturnsIsBounded() {
    IntStream.range(0, SafeListener.MAX_QUEUED + 5).forEach(i -> tell("e" + i));
    assertThat(logged.lines()).singleElement().asString().contains("10000 events behind");
    thread.settle();
    assertThat(heard)
        .hasSize(SafeListener.MAX_QUEUED)
        .endsWith("e" + (SafeListener.MAX_QUEUED - 1));
    tell("after");
    thread.settle();
    assertThat(heard).endsWith("after");
  }
}
