package dev.rollcall.lb.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.AnswerSource;
import dev.rollcall.discovery.AnswerSource.Backend;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.micrometer.DiscoveryMetrics;
import dev.rollcall.lb.consul.Catalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsTest {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final Path TABLE = Path.of("../docs/reference/metrics.md");

  private final StatusBoard board = new StatusBoard("1", AT, "t");
  private final Metrics metrics = new Metrics();
  private RuntimeStatus live =
      new RuntimeStatus(
          true,
          Map.of(
              "web",
              new Catalog.WatchStatus(
                  Duration.ofMillis(1500),
                  true,
                  Optional.empty(),
                  List.of(),
                  Optional.of(new AnswerSource(Backend.STREAMING, Consistency.STALE)))),
          new RuntimeStatus.Haproxy(
              "attached", true, "3.0.11", 42, 7, 3, 2, null, List.of(), List.of()));

  @AfterEach
  void close() {
    metrics.close();
  }

  private void apply(String kind, double sinceChange) {
    board.applied(
        new Status.Apply(AT, kind, "r", 0.2, !kind.equals("rejected"), null).bringing(sinceChange));
  }

  private void render(Status.Instance... instances) {
    board.rendered(
        new Status.Render(AT, 1, 0),
        List.of(new Status.Service("web", true, List.of(instances), null)));
  }

  private static Status.Instance instance(String id) {
    return new Status.Instance(id, "n", "198.18.0.5", 80, 1, null, null, null);
  }

  /** Everything there is, each with something in it. */
  private String everything() {
    metrics.observe(board);
    DiscoveryMetrics discovery = new DiscoveryMetrics(metrics.registry());
    ServiceQuery web = ServiceQuery.service("web");
    discovery.watchAnswered(web, true, Duration.ofMillis(1));
    discovery.watchFailed(web, new ConsulFailure(ConsulFailure.Kind.UNAVAILABLE, "no"));
    discovery.instanceLeftOut(web, "no address");
    render(
        instance("a"),
        instance("b"),
        new Status.Instance("c", "n", "x", 80, 1, null, "no address", null));
    render(instance("a"));
    apply("reloaded", 0.03);
    apply("no-change", 99);
    apply("rejected", 0.3);
    return metrics.scrape(board.read(), live);
  }

  @Test
  void aSelectedServiceThatIsGoneIsNotCountedOn() {
    metrics.observe(board);
    for (int i = 0; i < 300; i++) {
      String name = "svc-" + i;
      board.rendered(
          new Status.Render(AT, 1, 0),
          List.of(
              new Status.Service(
                  name,
                  true,
                  List.of(instance("a")),
                  null,
                  new Status.Routing(List.of(), List.of()))));
    }
    String shown = metrics.scrape(board.read(), live);
    assertThat(shown).contains("service=\"svc-299\"").doesNotContain("service=\"svc-298\"");
    assertThat(shown.lines().filter(line -> line.contains("service=\"svc-")).count())
        .isLessThan(10);
  }

  @Test
  void countsWhatBecomesOfConfigurations() {
    assertThat(everything())
        .contains("rollcall_lb_applies_total{kind=\"reloaded\"} 1.0\n")
        .contains("rollcall_lb_applies_total{kind=\"rejected\"} 1.0\n")
        .contains("rollcall_lb_applies_total{kind=\"written\"} 0.0\n")
        .contains("rollcall_lb_in_use 0.0\n")
        .contains("rollcall_lb_apply_seconds_count 3\n");
  }

  @Test
  void measuresFromChangeToUse() {
    assertThat(everything())
        .contains("rollcall_lb_change_applied_seconds_bucket{le=\"0.025\"} 0\n")
        .contains("rollcall_lb_change_applied_seconds_bucket{le=\"0.05\"} 1\n")
        .contains("rollcall_lb_change_applied_seconds_count 2\n");
  }

  @Test
  void showsEachServiceAsItIs() {
    assertThat(everything())
        .contains("rollcall_lb_instances{service=\"web\"} 1.0\n")
        .contains("rollcall_lb_instances_refused{service=\"web\"} 0.0\n")
        .contains("rollcall_lb_service_age_seconds{service=\"web\"} 1.5\n")
        .contains("rollcall_lb_service_stale{service=\"web\"} 1.0\n")
        .contains(
            "rollcall_lb_service_backend"
                + "{backend=\"streaming\",consistency=\"stale\",service=\"web\"} 1.0\n")
        .contains("rollcall_lb_instance_changes_total{change=\"joined\",service=\"web\"} 2.0\n")
        .contains("rollcall_lb_instance_changes_total{change=\"left\",service=\"web\"} 1.0\n")
        .contains("rollcall_lb_instance_changes_total{change=\"left-out\",service=\"web\"} 1.0\n");
    board.rendered(new Status.Render(AT, 1, 0), List.of());
    assertThat(metrics.scrape(board.read(), live)).doesNotContain("rollcall_lb_instances{");
  }

  @Test
  void showsHaproxyAsItIs() {
    assertThat(everything())
        .contains("rollcall_lb_haproxy_up 1.0\n")
        .contains("rollcall_lb_haproxy_workers{state=\"current\"} 1.0\n")
        .contains("rollcall_lb_haproxy_workers{state=\"old\"} 2.0\n")
        .contains("rollcall_lb_haproxy_reloads 3.0\n");
    live =
        new RuntimeStatus(
            true,
            Map.of(),
            new RuntimeStatus.Haproxy(
                "attached", false, null, 0, 0, 0, 0, "gone", List.of(), List.of()));
    assertThat(metrics.scrape(board.read(), live))
        .contains("rollcall_lb_haproxy_up 0.0\n")
        .contains("rollcall_lb_haproxy_workers{state=\"current\"} 0.0\n")
        .doesNotContain("rollcall_lb_service_stale{");
  }

  @Test
  void showsAProblemWithTheTemplate() {
    assertThat(everything()).contains("rollcall_lb_template_problem 0.0\n");
    board.template(new Status.Template("t", AT, "line 1"), AT);
    assertThat(metrics.scrape(board.read(), live)).contains("rollcall_lb_template_problem 1.0\n");
  }

  @Test
  void makesNoLabelOfValuesFromConsul() {
    metrics.observe(board);
    render(
        instance("evil\"} 1\nid"),
        new Status.Instance("e2", "evil-node", "x", 1, 1, null, "evil", null));
    assertThat(metrics.scrape(board.read(), live)).doesNotContain("evil");
  }

  @Test
  void servesWhatTheTableSaysAndNothingElse() throws IOException {
    assertThat(served(everything())).isEqualTo(documented(Files.readString(TABLE)));
  }

  /** Names, and the sort and the labels of each. */
  private static Map<String, String> served(String scrape) {
    Map<String, String> names = new TreeMap<>();
    Pattern.compile("^# TYPE (rollcall_\\w+) (\\w+)$", Pattern.MULTILINE)
        .matcher(scrape)
        .results()
        .forEach(type -> names.put(type.group(1), type.group(2) + labels(scrape, type.group(1))));
    return names;
  }

  private static String labels(String scrape, String name) {
    return Pattern.compile("^" + name + "(?:_bucket|_count)?(?:\\{(.*)\\})? ", Pattern.MULTILINE)
        .matcher(scrape)
        .results()
        .findFirst()
        .map(line -> line.group(1))
        .map(
            labels ->
                Pattern.compile("(\\w+)=\"")
                    .matcher(labels)
                    .results()
                    .map(label -> " " + label.group(1))
                    .filter(label -> !label.equals(" le"))
                    .sorted()
                    .reduce("", String::concat))
        .orElse("");
  }

  private static Map<String, String> documented(String table) {
    Map<String, String> names = new TreeMap<>();
    Pattern.compile("^\\| `(rollcall_\\w+)` \\| (\\w+) \\|([^|]*)\\|", Pattern.MULTILINE)
        .matcher(table)
        .results()
        .forEach(row -> names.put(row.group(1), row.group(2) + labels(row)));
    return names;
  }

  private static String labels(MatchResult row) {
    return Pattern.compile("`(\\w+)`")
        .matcher(row.group(3))
        .results()
        .map(label -> " " + label.group(1))
        .sorted()
        .reduce("", String::concat);
  }

  /** What alerts and dashboard ask for is served; what {@code up} says, Prometheus itself knows. */
  @ParameterizedTest
  @ValueSource(strings = {"alerts.yml", "grafana-dashboard.json"})
  void alertsAndDashboardNameMetricsThatExist(String file) throws IOException {
    Path monitoring = Path.of("src/packaging/usr/share/lb-renderer/monitoring");
    String scrape = everything();

    List<String> names =
        Pattern.compile("\\b(?:rollcall|jvm|process)_[a-z_]*[a-z]\\b")
            .matcher(Files.readString(monitoring.resolve(file)))
            .results()
            .map(MatchResult::group)
            .distinct()
            .toList();

    assertThat(names).hasSizeGreaterThan(6);
    for (String name : names) {
      assertThat(scrape).containsPattern("(?m)^" + name + "[{ ]");
    }
  }
}
