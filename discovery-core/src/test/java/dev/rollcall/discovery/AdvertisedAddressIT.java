package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.internal.ConsulDiscovery;
import dev.rollcall.discovery.internal.ecwid.EcwidConsul;
import dev.rollcall.test.ConsulContainer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A service whose machine gets other addresses while it runs, with a real Consul. */
class AdvertisedAddressIT {

  private static final ConsulContainer consul = new ConsulContainer();

  private final LogCapture logged = new LogCapture();
  private volatile List<InetAddress> own = addresses("127.0.0.1");

  @BeforeAll
  static void start() {
    consul.start();
  }

  @AfterAll
  static void stop() {
    consul.stop();
  }

  @AfterEach
  void closeLog() {
    logged.close();
  }

  private static List<InetAddress> addresses(String... texts) {
    return Stream.of(texts).map(AdvertisedAddressIT::address).toList();
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static boolean isListedAt(String address) {
    String compact = consul.passing("mover").replace(" ", "");
    return compact.contains("\"ID\":\"mover-1\"")
        && compact.contains("\"Address\":\"" + address + "\"");
  }

  private long lines(String part) {
    return logged.lines().stream().filter(line -> line.contains(part)).count();
  }

  @Test
  void isRegisteredWhereItIsReached() {
    ConsulOptions options = optionsOf(consul).serviceNetwork("127.0.0.0/8").build();
    EcwidConsul agent = new EcwidConsul(options, 4, () -> own);
    try (Discovery discovery = new ConsulDiscovery(options, agent)) {
      Registration registration =
          discovery.register(
              ServiceDefinition.named("mover")
                  .id("mover-1")
                  .port(80)
                  .check(HealthCheck.ttl(Duration.ofSeconds(3)))
                  .build());
      await().until(() -> isListedAt("127.0.0.1"));

      own = addresses("127.0.0.2");
      await().until(() -> isListedAt("127.0.0.2"));
      assertThat(lines("mover-1 is registered at 127.0.0.2:80 now, not at 127.0.0.1:80")).isOne();

      // A virtual one comes, and Consul forgets the service: it is back where it was.
      own = addresses("127.0.0.1", "127.0.0.2");
      consul.put("/v1/agent/service/deregister/mover-1", "");
      await().until(() -> !isListedAt("127.0.0.2"));
      await().until(() -> isListedAt("127.0.0.2"));

      // It has none any more that can be told from another: nobody is sent to the old one.
      own = addresses("127.0.0.3", "127.0.0.4");
      await().until(() -> !isListedAt("127.0.0.2"));
      await().until(() -> registration.state() == RegistrationState.JOINING);
      assertThat(lines("several addresses of this machine are in it: 127.0.0.3, 127.0.0.4"))
          .isOne();

      own = addresses("127.0.0.4");
      await().until(() -> isListedAt("127.0.0.4"));
      await().until(() -> registration.state() == RegistrationState.PASSING);
    }
  }
}
