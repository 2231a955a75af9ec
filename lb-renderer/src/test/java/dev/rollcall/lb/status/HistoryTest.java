package dev.rollcall.lb.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HistoryTest {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  private final StatusBoard board = new StatusBoard("1", AT, "t");

  private History history() {
    return board.read().history();
  }

  private static Status.Instance instance(String id, String node) {
    return new Status.Instance(id, node, "198.18.0.5", 80, 1, null, null, null);
  }

  private static Status.Instance refused(String id) {
    return new Status.Instance(id, "n", "x", 80, 1, null, "no address", null);
  }

  private void rendered(Status.Instance... instances) {
    board.rendered(
        new Status.Render(AT, 1, 0),
        List.of(new Status.Service("web", true, List.of(instances), null)));
  }

  private void applied(String kind, String reason) {
    board.applied(new Status.Apply(AT, kind, reason, 0.1, !kind.equals("failed"), null));
  }

  private List<String> told() {
    return history().changes().stream()
        .map(change -> change.kind() + " " + change.count() + " " + change.instances())
        .toList();
  }

  @Test
  void recordsInstancesThatJoinedAndLeft() {
    rendered(instance("a", "n"), instance("b", "n"));
    rendered(instance("b", "n"), instance("c", "n"));
    assertThat(told()).containsExactly("joined 2 [a, b]", "joined 1 [c]", "left 1 [a]");
    assertThat(history().changes()).extracting(History.Change::service).containsOnly("web");
    assertThat(history().changes()).extracting(History.Change::number).containsExactly(1L, 2L, 3L);
  }

  private static Status.Service selected(
      String name, List<String> routes, Status.RefusedRoute... refused) {
    return new Status.Service(
        name, true, List.of(), null, new Status.Routing(routes, List.of(refused)));
  }

  @Test
  void recordsSelectedServicesTheirRoutesAndWhoWasRefusedWhat() {
    Status.Render render = new Status.Render(AT, 1, 0);
    Status.RefusedRoute taken = new Status.RefusedRoute("a.b/", "service web has it");
    board.rendered(render, List.of(selected("web", List.of("a.b/"))));
    board.rendered(
        render,
        List.of(selected("shop", List.of(), taken), selected("web", List.of("a.b/", "c.d/"))));
    board.rendered(render, List.of(selected("shop", List.of(), taken)));
    assertThat(history().changes())
        .extracting(change -> change.kind() + " " + change.service() + " " + change.reason())
        .containsExactly(
            "service-added web a.b/",
            "service-added shop no route",
            "route-refused shop a.b/: service web has it",
            "routes-changed web a.b/, c.d/",
            "service-removed web null");
  }

  @Test
  void distinguishesInstancesOfOneIdOnTwoNodes() {
    rendered(instance("a", "n"));
    rendered(instance("a", "m"));
    assertThat(told()).containsExactly("joined 1 [a]", "joined 1 [a]", "left 1 [a]");
  }

  @Test
  void recordsAnInstanceThatIsLeftOutOnce() {
    rendered(instance("a", "n"), refused("b"));
    rendered(instance("a", "n"), refused("b"));
    assertThat(told()).containsExactly("joined 1 [a]", "left-out 1 [b]");
  }

  @Test
  void recordsAServiceThatTheTemplateNoLongerNames() {
    rendered(instance("a", "n"));
    board.rendered(new Status.Render(AT, 1, 0), List.of());
    assertThat(told()).last().isEqualTo("left 1 [a]");
  }

  @Test
  void namesTheFirstFewOfManyAndCountsThemAll() {
    rendered(
        IntStream.range(0, 100)
            .mapToObj(i -> instance("i" + i, "n"))
            .toArray(Status.Instance[]::new));
    assertThat(told()).containsExactly("joined 100 [i0, i1, i2, i3, i4]");
  }

  @Test
  void recordsResultsButNotThatNothingChanged() {
    applied("reloaded", "a server more");
    applied("no-change", "as it was");
    assertThat(told()).containsExactly("reloaded 1 []");
  }

  @Test
  void countsARepeatedFailureInsteadOfListingIt() {
    applied("reloaded", "x");
    IntStream.range(0, 1000).forEach(i -> applied("failed", "disk full"));
    applied("failed", "read-only");
    assertThat(told()).containsExactly("reloaded 1 []", "failed 1000 []", "failed 1 []");
    assertThat(history().latest()).isEqualTo(3);
  }

  @Test
  void recordsChangesOfTheTemplate() {
    board.template(new Status.Template("t", AT, "line 1 is wrong"), AT);
    board.template(new Status.Template("t", AT, null), AT);
    assertThat(history().changes())
        .extracting(History.Change::reason)
        .containsExactly("line 1 is wrong", "read again");
  }

  @Test
  void remembersABoundedNumberAndBoundedTexts() {
    Stream.iterate(0, i -> i + 1)
        .limit(1000)
        .forEach(i -> applied("reloaded", i + "x".repeat(10_000)));
    assertThat(history().changes()).hasSize(History.MOST);
    assertThat(history().latest()).isEqualTo(1000);
    assertThat(history().changes())
        .allSatisfy(change -> assertThat(change.reason()).hasSizeLessThanOrEqualTo(301));
    assertThat(history().newest(3).changes())
        .extracting(History.Change::number)
        .containsExactly(998L, 999L, 1000L);
  }

  @Test
  void clipsNoCharacterInTwo() {
    String face = "\uD83D\uDE00";
    assertThat(Status.clip("x".repeat(299) + face)).isEqualTo("x".repeat(299) + "…");
    assertThat(Status.clip("x".repeat(298) + face)).endsWith(face);
  }
}
