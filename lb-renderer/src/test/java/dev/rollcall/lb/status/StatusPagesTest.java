package dev.rollcall.lb.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rollcall.discovery.AnswerSource;
import dev.rollcall.discovery.AnswerSource.Backend;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.lb.consul.Catalog;
import dev.rollcall.lb.haproxy.StatsReport;
import dev.rollcall.lb.haproxy.StatsReport.ServerStats;
import dev.rollcall.lb.status.StatusServer.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StatusPagesTest {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  private final StatusBoard board = new StatusBoard("1", AT, "(built-in)");
  private StatsReport traffic = new StatsReport(null, List.of());
  private int looks;
  private RuntimeStatus live = live(true, true, null);
  private final StatusPages pages =
      new StatusPages(
          board,
          () -> live,
          () -> {
            looks++;
            return traffic;
          },
          new Metrics(),
          SecretRedactor.of(
              Map.of(
                  "STATS_PASSWORD",
                  "open sesame",
                  "CONSUL_HTTP_TOKEN",
                  "t0k3n-0",
                  "X",
                  "attached")));

  private static RuntimeStatus live(boolean turning, boolean running, @Nullable String problem) {
    return new RuntimeStatus(
        turning,
        Map.of(
            "web",
            new Catalog.WatchStatus(
                Duration.ofMillis(1500),
                false,
                Optional.empty(),
                List.of("instance w9 on node n: its port 0 is none"),
                Optional.of(new AnswerSource(Backend.STREAMING, Consistency.STALE)))),
        new RuntimeStatus.Haproxy(
            "attached", running, "3.0.11", 42, 7, 1, 0, problem, List.of(), List.of()));
  }

  private Response get(String path) {
    return Objects.requireNonNull(pages.byPath().get(path)).handle();
  }

  private JsonObject status() {
    return JsonParser.parseString(get("/status").body()).getAsJsonObject();
  }

  private void applied(String kind, boolean succeeded) {
    board.applied(new Status.Apply(AT, kind, "reason", 0.1, succeeded, null));
  }

  @Test
  void isNotHealthyBeforeAConfigurationIsWritten() {
    assertThat(get("/healthz").code()).isEqualTo(503);
    board.waitingFor("Consul's first answer");
    assertThat(get("/healthz").body()).contains("waiting for Consul's first answer");
    applied("failed", false);
    assertThat(get("/healthz").code()).isEqualTo(503);
  }

  @Test
  void isHealthyButNotReadyWhileHaproxyIsAwaited() {
    applied("waiting", false);
    assertThat(get("/healthz").code()).isEqualTo(200);
    assertThat(get("/readyz").code()).isEqualTo(503);
  }

  @Test
  void staysHealthyWhenAConfigurationIsRefusedLater() {
    applied("reloaded", true);
    assertThat(get("/readyz").code()).isEqualTo(200);
    applied("rejected", false);
    assertThat(get("/healthz").code()).isEqualTo(200);
    assertThat(get("/readyz").code()).isEqualTo(503);
  }

  @Test
  void isNotHealthyWhenTheReconcilerHasEnded() {
    applied("reloaded", true);
    live = live(false, true, null);
    assertThat(get("/healthz").code()).isEqualTo(503);
  }

  @Test
  void isReadyOnlyWhileHaproxyRuns() {
    applied("reloaded", true);
    live = live(true, false, "gone");
    assertThat(get("/readyz"))
        .isEqualTo(new Response(503, "text/plain; charset=utf-8", "HAProxy does not run: gone\n"));
  }

  @Test
  void showsWhatIsRetainedOfAPoolAndUntilWhen() {
    Status.Retention held =
        new Status.Retention(List.of("a"), "fail their checks", AT, AT.plusSeconds(30));
    board.rendered(
        new Status.Render(AT, 100, 0), List.of(new Status.Service("web", true, List.of(), null)));
    board.retained(Map.of("web", held));
    applied("reloaded", true);
    JsonObject status = status();
    assertThat(status.get("degraded").getAsBoolean()).isTrue();
    assertThat(status.get("problems").toString())
        .contains("service web: 1 of its instances stay in the pool for now, as they fail");
    JsonObject guard =
        status.getAsJsonArray("services").get(0).getAsJsonObject().getAsJsonObject("guard");
    assertThat(guard.getAsJsonArray("held").get(0).getAsString()).isEqualTo("a");
    assertThat(guard.get("until").getAsString()).isEqualTo(AT.plusSeconds(30).toString());
    board.retained(Map.of());
    assertThat(status().get("degraded").getAsBoolean()).isFalse();
  }

  @Test
  void showsEverythingAsJson() {
    board.rendered(
        new Status.Render(AT, 100, 1),
        List.of(
            new Status.Service(
                "web",
                true,
                List.of(
                    new Status.Instance("a", "n", "10.0.0.1", 80, 1, null, null, null),
                    new Status.Instance("b\n\"<", "n", "x", 80, 1, null, "bad address", null)),
                null)));
    applied("reloaded", true);
    JsonObject status = status();
    assertThat(status.get("degraded").getAsBoolean()).isFalse();
    JsonObject web = status.getAsJsonArray("services").get(0).getAsJsonObject();
    assertThat(web.get("ageSeconds").getAsDouble()).isEqualTo(1.5);
    assertThat(web.get("backend").getAsString()).isEqualTo("streaming");
    assertThat(web.get("consistency").getAsString()).isEqualTo("stale");
    assertThat(web.getAsJsonArray("instances").get(0).getAsJsonObject().get("refused").isJsonNull())
        .isTrue();
    assertThat(web.getAsJsonArray("instances").get(1).getAsJsonObject().get("id").getAsString())
        .isEqualTo("b\n\"<");
    assertThat(
            web.getAsJsonArray("instances").get(1).getAsJsonObject().get("refused").getAsString())
        .isEqualTo("bad address");
    assertThat(web.getAsJsonArray("unusable").get(0).getAsString())
        .isEqualTo("instance w9 on node n: its port 0 is none");
    assertThat(status.getAsJsonObject("lastRender").get("at").getAsString())
        .isEqualTo("2026-01-01T00:00:00Z");
    assertThat(status.getAsJsonObject("lastApply").get("kind").getAsString()).isEqualTo("reloaded");
    assertThat(status.getAsJsonObject("applies").get("reloaded").getAsLong()).isEqualTo(1);
    assertThat(status.getAsJsonObject("haproxy").get("workerPid").getAsLong()).isEqualTo(42);
  }

  @Test
  void servesNoSecret() {
    board.template(new Status.Template("t", AT, "'open sesame' is no section"), AT);
    board.applied(new Status.Apply(AT, "rejected", "stats auth a:open sesame", 1, false, null));
    board.failed("t0k3n-0");
    live = live(true, false, "t0k3n-0 open sesame");
    for (String path : pages.byPath().keySet()) {
      assertThat(get(path).body()).as(path).doesNotContain("sesame").doesNotContain("t0k3n");
    }
    assertThat(status().getAsJsonObject("lastApply").get("reason").getAsString())
        .isEqualTo("stats auth a:[secret]");
    assertThat(status().getAsJsonObject("haproxy").get("mode").getAsString()).isEqualTo("attached");
  }

  @Test
  void doesNotRedactPathsOfSecretsOrShortValues() {
    SecretRedactor redaction =
        SecretRedactor.of(
            Map.of(
                "CONSUL_HTTP_TOKEN_FILE",
                "/run/secrets/token",
                "STATS_PASSWORD",
                "web",
                "LB_API_SECRET",
                "s3cr3t"));
    assertThat(redaction.redact("web: /run/secrets/token s3cr3t"))
        .isEqualTo("web: /run/secrets/token [secret]");
  }

  @Test
  void queriesHaproxyForThePageOnly() {
    traffic =
        new StatsReport(
            null,
            List.of(
                new ServerStats("web", "web-1", "198.18.0.5:80", "UP", "L7OK", 1, 12, 0, 100, 0)));
    get("/status");
    get("/metrics");
    get("/healthz");
    get("/readyz");
    assertThat(looks).isZero();
    JsonObject seen = JsonParser.parseString(get("/live").body()).getAsJsonObject();
    assertThat(looks).isEqualTo(1);
    JsonObject server = seen.getAsJsonArray("servers").get(0).getAsJsonObject();
    assertThat(server.get("endpoint").getAsString()).isEqualTo("198.18.0.5:80");
    assertThat(server.get("rate").getAsInt()).isEqualTo(12);
  }

  @Test
  void keepsItsAnswersBounded() {
    String endless = "x".repeat(100_000);
    List<Status.Instance> many =
        IntStream.range(0, 20_000)
            .mapToObj(
                i -> new Status.Instance(i + endless, endless, endless, 80, 1, null, endless, null))
            .toList();
    board.rendered(
        new Status.Render(AT, 1, 0), List.of(new Status.Service("web", true, many, null)));
    IntStream.range(0, 1000).forEach(i -> applied("reloaded", true));
    JsonObject web = status().getAsJsonArray("services").get(0).getAsJsonObject();
    assertThat(web.getAsJsonArray("instances")).hasSize(500);
    assertThat(web.get("unlisted").getAsInt()).isEqualTo(19_500);
    assertThat(web.get("refused").getAsInt()).isEqualTo(20_000);
    assertThat(get("/status").body()).hasSizeLessThan(1_500_000);
    assertThat(get("/live").body()).hasSizeLessThan(1_500_000);
  }

  @Test
  void listsEveryProblem() {
    board.template(new Status.Template("t", AT, "line 1 is wrong"), AT);
    board.failed("NullPointerException");
    board.waitingFor("Consul's first answer");
    live =
        new RuntimeStatus(
            false,
            Map.of(
                "web",
                new Catalog.WatchStatus(
                    Duration.ofSeconds(99), true, Optional.empty(), List.of(), Optional.empty())),
            new RuntimeStatus.Haproxy(
                "attached", false, null, 0, 0, 0, 0, "no socket", List.of(), List.of()));
    assertThat(status().get("degraded").getAsBoolean()).isTrue();
    assertThat(status().getAsJsonArray("problems").asList())
        .extracting(problem -> problem.getAsString())
        .anyMatch(problem -> problem.contains("pipeline has ended"))
        .anyMatch(problem -> problem.contains("Consul's first answer"))
        .anyMatch(problem -> problem.contains("line 1 is wrong"))
        .anyMatch(problem -> problem.contains("service web: Consul has not answered for it"))
        .anyMatch(problem -> problem.contains("no socket"))
        .anyMatch(problem -> problem.contains("NullPointerException"))
        .hasSize(6);
  }
}
