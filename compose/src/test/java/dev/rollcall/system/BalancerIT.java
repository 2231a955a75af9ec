package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** HAProxy and its renderer, side by side but each with a life of its own. */
@ExtendWith(WithStack.class)
class BalancerIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @BeforeAll
  static void up(Stack stack) {
    stack.up(2);
  }

  @Test
  void haproxyServesOnWhileTheRendererRestarts(Stack stack) throws Exception {
    String started = stack.inspect("haproxy", "{{.State.StartedAt}}");

    try (Visitors visitors = Visitors.of(stack.site())) {
      stack.compose("restart", "lb-renderer").run().orFail();
      awaitReady(stack);
      visitors.check();
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
    assertThat(statusOf(stack.stats(), null)).isEqualTo(401);
    assertThat(statusOf(stack.stats(), "admin:admin")).isEqualTo(401);
    assertThat(statusOf(stack.stats(), "tester:only-for-this-test")).isEqualTo(200);
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
        .until(() -> statusOf(stack.status("/readyz"), null) == 200);
  }

  private static int statusOf(URI page, @Nullable String credentials) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(page).timeout(Duration.ofSeconds(5));
    if (credentials != null) {
      String encoded =
          Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
      request.header("Authorization", "Basic " + encoded);
    }
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.discarding()).statusCode();
  }
}
