package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.internal.ConsulDiscovery;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.DaemonThreads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * How many types of the library a reader passes between what an application calls and the request
 * to Consul, and between an answer and a listener. Taken from the stacks of threads where one hands
 * over to the next.
 */
class CallChainTest {

  private static final String OURS = "dev.rollcall.discovery.internal.";

  /** The types on a stack, the outermost first. */
  private final List<List<String>> stacks = new CopyOnWriteArrayList<>();

  private void note() {
    List<String> types =
        StackWalker.getInstance()
            .walk(
                frames ->
                    new ArrayList<>(
                        frames
                            .map(StackWalker.StackFrame::getClassName)
                            .filter(name -> name.startsWith(OURS) && !name.contains("Test"))
                            .map(name -> name.replaceAll("\\$.*", ""))
                            .map(name -> name.substring(name.lastIndexOf('.') + 1))
                            .distinct()
                            .toList()));
    Collections.reverse(types);
    stacks.add(types);
  }

  /** Threads that note who hands a task over. */
  private final class NotingThreads extends DaemonThreads {
    private Executor noting(Executor threads) {
      return task -> {
        note();
        threads.execute(task);
      };
    }

    @Override
    public Executor control() {
      return noting(super.control());
    }

    @Override
    public Executor listeners() {
      return noting(super.listeners());
    }
  }

  /** Apache's client says in its log, on the thread of the request, that it leases a connection. */
  private final AppenderBase<ILoggingEvent> requests =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          note();
        }
      };

  private final Logger log = (Logger) LoggerFactory.getLogger("org.apache.http.impl.conn");

  @BeforeEach
  void noteRequests() {
    log.setLevel(Level.DEBUG);
    log.setAdditive(false);
    log.addAppender(requests);
    requests.start();
  }

  @AfterEach
  void noteNoMore() {
    log.detachAppender(requests);
    log.setAdditive(true);
    log.setLevel(null);
  }

  private Discovery connect(StubConsul consul) {
    ConsulOptions options = consul.options().build();
    return new ConsulDiscovery(
        options, new EcwidConsul(options, 4), Clock.system(), new NotingThreads(), new Random(1));
  }

  /** The types on the stacks of a loop on which one of some types is the innermost. */
  private Set<String> chain(String loop, String... innermost) {
    return stacks.stream()
        .filter(stack -> stack.contains(loop))
        .filter(stack -> List.of(innermost).contains(stack.get(stack.size() - 1)))
        .flatMap(List::stream)
        .collect(Collectors.toSet());
  }

  @Test
  void sixTypesStandBetweenRegisterAndTheRequest() throws IOException {
    try (StubConsul consul = new StubConsul();
        Discovery discovery = connect(consul)) {
      discovery.register(ServiceDefinition.named("web").address("198.18.0.1").port(80).build());
      await().until(() -> !consul.sent().isEmpty());
      assertThat(chain("RegistrationLoop", "SerialExecutor", "ConsulHttpClient"))
          .containsExactlyInAnyOrder(
              "ConsulDiscovery",
              "RegistrationLoop",
              "SerialExecutor",
              "TokenRotatingAgent",
              "EcwidAgent",
              "ConsulHttpClient");
    }
  }

  @Test
  void sixTypesStandBetweenAnAnswerAndAListener() throws IOException {
    try (StubConsul consul = new StubConsul();
        Discovery discovery = connect(consul)) {
      consul.replies(StubConsul.page("7", "[]"));
      List<Object> got = new CopyOnWriteArrayList<>();
      discovery.watch(ServiceQuery.service("web"), got::add);
      await().until(() -> !got.isEmpty());
      Set<String> chain = chain("WatchLoop", "ConsulHttpClient", "LatestValueDispatcher");
      chain.remove("RepeatingTask"); // It calls the loop: no answer passes it.
      chain.add("InstancesQuery"); // It reads the answer, and calls nobody.
      assertThat(chain)
          .containsExactlyInAnyOrder(
              "ConsulHttpClient",
              "EcwidBlockingQuery",
              "InstancesQuery",
              "WatchLoop",
              "SharedWatches",
              "LatestValueDispatcher");
    }
  }
}
