package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Network;

/**
 * A client agent that asks its servers only so often, and answers 429 beyond that: {@code
 * limits.rpc_rate}.
 */
@Tag("every-consul")
class RateLimitIT {

  private static final int WATCHES = 12;
  private static final Network network = ConsulServers.network();
  private static final ConsulContainer server =
      in(network, new ConsulContainer("-server", "-bootstrap-expect=1", "-node=server"))
          .withNetworkAliases("server");
  private static final ConsulContainer client =
      in(
          network,
          new ConsulContainer("-node=client", "-retry-join=server", "-retry-interval=1s")
              .configured("{\"limits\":{\"rpc_rate\":10,\"rpc_max_burst\":3}}"));

  private final List<ConsulFailure> failures = new CopyOnWriteArrayList<>();
  private final DiscoveryListener listener =
      new DiscoveryListener() {
        @Override
        public void watchFailed(ServiceQuery query, ConsulFailure failure) {
          failures.add(failure);
        }
      };

  private static ConsulContainer in(Network network, ConsulContainer container) {
    return container.withEnv("CONSUL_BIND_INTERFACE", "eth0").withNetwork(network);
  }

  @BeforeAll
  static void start() {
    server.start();
    client.start();
  }

  @AfterAll
  static void stop() {
    client.stop();
    server.stop();
    network.close();
  }

  @Test
  void whatIsAskedTooOftenIsAskedAgainUntilAllIsKnown() {
    try (Discovery discovery = Discovery.connect(optionsOf(client).listener(listener).build())) {
      Registration registration =
          discovery.register(
              ServiceDefinition.named("web")
                  .id("web-1")
                  .address("198.18.0.1")
                  .port(80)
                  .tags(IntStream.range(0, WATCHES).mapToObj(i -> "t" + i).toList())
                  .build());
      List<Watch> watches =
          IntStream.range(0, WATCHES)
              .mapToObj(i -> discovery.watch(ServiceQuery.service("web").tag("t" + i), now -> {}))
              .toList();
      await()
          .atMost(Duration.ofSeconds(90))
          .until(
              () ->
                  watches.stream()
                      .allMatch(
                          watch ->
                              !watch.stale()
                                  && watch.current().orElseThrow().instances().size() == 1));
      assertThat(registration.state()).isEqualTo(RegistrationState.PASSING);
    }
    assertThat(failures)
        .isNotEmpty()
        .allSatisfy(
            failure -> {
              assertThat(failure.kind()).isEqualTo(ConsulFailure.Kind.UNAVAILABLE);
              assertThat(failure.message()).contains(": 429");
            });
  }
}
