package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract, kept with a real Consul. */
@Tag("every-consul")
class ConsulContractIT extends DiscoveryContract {

  private static final ConsulContainer consul = new ConsulContainer();

  private boolean cut;

  @BeforeAll
  static void start() {
    consul.start();
  }

  @AfterAll
  static void stop() {
    consul.stop();
  }

  @Override
  Discovery open() {
    return Discovery.connect(optionsOf(consul).callTimeout(Duration.ofSeconds(1)).build());
  }

  @Override
  void eventually(Callable<Boolean> condition) {
    await()
        .pollInterval(Duration.ofMillis(50))
        .atMost(Duration.ofMinutes(1))
        .ignoreExceptions()
        .until(condition);
  }

  @Override
  void addSilent(String name, String id, Duration ttl) {
    String json =
        "{\"ID\":\"%s\",\"Name\":\"%s\",\"Port\":80,\"Check\":{\"TTL\":\"%ds\",\"Status\":\"passing\"}}";
    consul.put("/v1/agent/service/register", json.formatted(id, name, ttl.toSeconds()));
  }

  @Override
  void remove(String id) {
    consul.put("/v1/agent/service/deregister/" + id, "");
  }

  @Override
  void maintain(String id) {
    consul.put("/v1/agent/service/maintenance/" + id + "?enable=true", "");
  }

  @Override
  void loseData() {
    consul.restartWithoutData();
    // A registration that comes before there is a leader is not lost, but one of a test may be.
    eventually(() -> consul.get("/v1/status/leader").contains(":"));
  }

  @Override
  void cut() {
    consul.pause();
    cut = true;
  }

  @Override
  void heal() {
    if (cut) {
      consul.unpause();
      cut = false;
    }
  }

  @Override
  boolean passes(String service, String id) {
    return consul.passing(service).contains("\"" + id + "\"");
  }
}
