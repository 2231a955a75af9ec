package dev.rollcall.measure.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.rollcall.measure.Waiting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class SteadyLoadTest {
  private static final long MS = 1_000_000;

  @Test
  void anOutcomeIsOfTheRequestsThatWereDueInItsTime() {
    List<SteadyLoad.Answer> answers =
        List.of(
            new SteadyLoad.Answer(0, 900 * MS, "early"),
            new SteadyLoad.Answer(1000 * MS, 1010 * MS, "a"),
            new SteadyLoad.Answer(1100 * MS, 1400 * MS, "b"),
            new SteadyLoad.Answer(1200 * MS, 1300 * MS, null));

    assertThat(SteadyLoad.Outcome.of(answers, 1000 * MS, 1500 * MS))
        .isEqualTo(new SteadyLoad.Outcome(3, 1, 300, 300, 390));
  }

  @Test
  void requestsAreSentAtTheRateAndWhatIsNoPageIsLost() throws IOException {
    AtomicBoolean isFirst = new AtomicBoolean(true);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = "node\n".getBytes(UTF_8);
          exchange.sendResponseHeaders(isFirst.getAndSet(false) ? 503 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    SteadyLoad load = new SteadyLoad(server.getAddress(), 100, 4);
    try (load) {
      Waiting.until(30, () -> load.answers().size() >= 20);
      Waiting.sleep(Duration.ofMillis(100));
    } finally {
      server.stop(0);
    }

    assertThat(load.bodies()).containsExactly("node");
    assertThat(load.answers()).filteredOn(SteadyLoad.Answer::isLost).hasSize(1);
  }
}
