package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** HAProxy and its renderer, side by side but each with a life of its own. */
@ExtendWith(StackExtension.class)
class BalancerIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @BeforeAll
  static void up(Stack stack) {
    stack.up(2);
  }

  @Test
  void haproxyServesOnWhileTheRendererRestarts(Stack stack) throws Exception {
    String started = stack.inspect("haproxy", "{{.State.StartedAt}}");

    try (SteadyClients load = SteadyClients.on(stack.site())) {
      stack.compose("restart", "lb-renderer").run().orFail();
      awaitReady(stack);
      load.assertNoneFailed();
    }

    assertThat(stack.inspect("haproxy", "{{.State.StartedAt}}")).isEqualTo(started);
  }

  @Test
  void theRendererFollowsAfterItsOwnRestart(Stack stack) {
    stack.compose("restart", "lb-renderer").run().orFail();

    stack.up(3);

    assertThat(stack.site().names(30)).hasSize(3).isEqualTo(stack.hostNames());
    stack.up(2);
  }

  @Test
  void aRestartedHaproxyServesThePoolAndFollowsOn(Stack stack) {
    stack.compose("restart", "haproxy").run().orFail();
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(stack.site().names(20)).isEqualTo(stack.hostNames()));

    stack.up(3);

    assertThat(stack.site().names(30)).hasSize(3).isEqualTo(stack.hostNames());
    stack.up(2);
  }

  @Test
  void theStatsPageWantsItsPassword(Stack stack) throws Exception {
    for (Site stranger : List.of(new Site(stack.stats()), new Site(stack.stats(), "admin:admin"))) {
      assertThat(stranger.get("/haproxy_stats", "text/html").statusCode()).isEqualTo(401);
    }
    assertThat(stack.statistics().get("/haproxy_stats", "text/html").statusCode()).isEqualTo(200);
  }

  @Test
  void aBrowserSeesAPageThatNamesNodeAndInstance(Stack stack) throws Exception {
    String page = stack.site().get("/", "text/html").body();

    assertThat(page).contains("<html");
    assertThat(stack.hostNames())
        .anySatisfy(name -> assertThat(page).contains(name, "web-" + name + "-8080"));
  }

  private static void awaitReady(Stack stack) {
    await()
        .atMost(SOON)
        .ignoreExceptions()
        .until(() -> stack.status().get("/readyz", "text/plain").statusCode() == 200);
  }
}
