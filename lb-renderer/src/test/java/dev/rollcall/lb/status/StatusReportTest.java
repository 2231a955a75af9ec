package dev.rollcall.lb.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.discovery.AnswerSource;
import dev.rollcall.discovery.AnswerSource.Backend;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.lb.consul.Catalog;
import dev.rollcall.lb.status.StatusServer.Handler;
import dev.rollcall.lb.status.StatusServer.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a status asked for over HTTP says to people. */
class StatusReportTest {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  private final StatusBoard board = new StatusBoard("1", AT, "(built-in)");
  private final StatusPages pages =
      new StatusPages(
          board,
          () ->
              new RuntimeStatus(
                  true,
                  Map.of(
                      "web",
                      new Catalog.WatchStatus(
                          Duration.ofMillis(1500),
                          false,
                          Optional.empty(),
                          List.of("instance w9 on node n: its port 0 is none"),
                          Optional.of(
                              new AnswerSource(Backend.BLOCKING_QUERY, Consistency.CONSISTENT)))),
                  new RuntimeStatus.Haproxy(
                      "attached",
                      true,
                      "3.0.11",
                      42,
                      7,
                      1,
                      0,
                      null,
                      List.of(
                          new RuntimeStatus.OperatorOrder("be/web-a", "maint and weight 3", 120)),
                      List.of("be/web-b joined and never came up"))),
          () -> {
            throw new AssertionError("nobody looks at the page");
          },
          new Metrics(),
          SecretRedactor.of(Map.of()));

  private static StatusReport report(Map<String, Handler> pages) throws IOException {
    try (StatusServer server =
        StatusServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), pages, List.of())) {
      return StatusReport.fetch(server.address());
    }
  }

  private void rendered(Status.Instance... instances) {
    board.rendered(
        new Status.Render(AT, 100, 0),
        List.of(new Status.Service("web", true, List.of(instances), null)));
    board.applied(new Status.Apply(AT, "reloaded", "first configuration", 0.25, true, null));
  }

  @Test
  void showsWhatIsServedAndHow() throws IOException {
    rendered(
        new Status.Instance(
            "web-a",
            "n1",
            "198.18.0.1",
            8080,
            1,
            null,
            null,
            "meta.lb-timeout '90sec' is not allowed"),
        new Status.Instance(
            "web-b", "n2", "198.18.0.2", 8080, 300, null, "weight 300 is not right", null));
    StatusReport report = report(pages.byPath());
    assertThat(report.ready()).isTrue();
    assertThat(report.json()).startsWith("{").contains("\"degraded\": true");
    assertThat(report.summary())
        .isEqualTo(
            """
            lb-renderer 1, ready
            HAProxy     attached, running, version 3.0.11, worker 42, up 7.0 s, reloads 1, old workers 0
            template    (built-in), read 2026-01-01T00:00:00Z
            last apply  reloaded: first configuration (0.25 s, 2026-01-01T00:00:00Z)
            applied     reloaded 1
            service     web: 2 instances, confirmed 1.5 s ago (blocking-query, consistent)
              web-a                198.18.0.1:8080 weight 1 on n1, ignored: meta.lb-timeout '90sec' is not allowed
              web-b                198.18.0.2:8080 weight 300 on n2, left out: weight 300 is not right
              left out: instance w9 on node n: its port 0 is none
            by hand     be/web-a: maint and weight 3, for 120.0 s
            problem     be/web-b joined and never came up
            """);
  }

  @Test
  void showsRoutesAndWhoIsRefused() throws IOException {
    Status.Routing routing =
        new Status.Routing(
            List.of("www.example.org/"),
            List.of(new Status.RefusedRoute("lb-path", "path 'x' is not a path")));
    board.rendered(
        new Status.Render(AT, 100, 0),
        List.of(new Status.Service("web", true, List.of(), null, routing)));
    board.refusedServices(List.of(new Status.RefusedService("a b", "its name is none")));
    StatusReport report = report(pages.byPath());
    assertThat(report.summary())
        .contains(
            "  route     www.example.org/\n",
            "  refused   lb-path: path 'x' is not a path\n",
            "not served  a b: its name is none\n",
            "problem     services that are not served: 1, the first is 'a b': its name is none\n");
    assertThat(report.document().getAsJsonArray("refusedServices").toString())
        .isEqualTo("[{\"name\":\"a b\",\"reason\":\"its name is none\"}]");
  }

  @Test
  void countsTheInstancesThatAreNotListedToo() throws IOException {
    rendered(
        IntStream.range(0, 501)
            .mapToObj(i -> new Status.Instance("i" + i, "n", "198.18.0.1", 80, 1, null, null, null))
            .toArray(Status.Instance[]::new));
    assertThat(report(pages.byPath()).summary()).contains("web: 501 instances, confirmed");
  }

  @Test
  void showsWhyItIsNotReadyAndWhatIsWrong() throws IOException {
    board.waitingFor("Consul's first answer");
    StatusReport report = report(pages.byPath());
    assertThat(report.ready()).isFalse();
    assertThat(report.summary())
        .startsWith("lb-renderer 1, not ready: the last configuration is not in use")
        .contains("last apply  none yet\n", "problem     waiting for Consul's first answer\n");
  }

  @Test
  void writesNoControlCharactersToTheTerminal() throws IOException {
    rendered(
        new Status.Instance(
            "evil\u001b[2J\n\u202eid", "n\u0007", "198.18.0.1", 80, 1, null, null, null));
    assertThat(report(pages.byPath()).summary())
        .contains("evil?[2J??id")
        .doesNotContain("\u001b", "\u202e", "\u0007");
  }

  @Test
  void queriesLoopbackForAServerThatListensOnEveryAddress() throws IOException {
    rendered();
    try (StatusServer server =
        StatusServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            pages.byPath(),
            List.of())) {
      assertThat(
              StatusReport.fetch(new InetSocketAddress("0.0.0.0", server.address().getPort()))
                  .ready())
          .isTrue();
    }
  }

  @Test
  void toleratesAStatusWithOtherParts() throws IOException {
    assertThat(
            report(
                    Map.of(
                        "/readyz",
                        () -> Response.text(200, "ok"),
                        "/status",
                        () ->
                            Response.json(
                                "{\"lastApply\": 1, \"services\": [1, {}], \"haproxy\": []}")))
                .summary())
        .startsWith("lb-renderer -, ready\n");
  }

  @Test
  void refusesWhatIsNoStatus() {
    assertThatThrownBy(
            () ->
                report(
                    Map.of(
                        "/readyz",
                        () -> Response.text(200, "ok"),
                        "/status",
                        () -> Response.text(200, "<html>"))))
        .hasMessage("what answers there is no lb-renderer");
    assertThatThrownBy(() -> report(Map.of())).hasMessage("/status answers 404");
    assertThatThrownBy(
            () ->
                StatusReport.fetch(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort())))
        .isInstanceOf(IOException.class);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
