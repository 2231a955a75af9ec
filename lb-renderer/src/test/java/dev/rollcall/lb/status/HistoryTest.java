package dev.rollcall.lb.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HistoryTest {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  private Status status = Status.starting("1", AT, "t");

  private static InstanceStatus instance(String id, String node) {
    return new InstanceStatus(id, node, "198.18.0.5", 80, 1, null);
  }

  private static InstanceStatus refused(String id) {
    return new InstanceStatus(id, "n", "x", 80, 1, "no address");
  }

  private void rendered(InstanceStatus... instances) {
    status =
        status.rendered(
            new RenderStatus(AT, 1, 0),
            List.of(new ServiceStatus("web", true, List.of(instances), null)));
  }

  private void applied(String kind, String reason) {
    status = status.applied(new ApplyStatus(AT, kind, reason, 0.1, !kind.equals("failed")));
  }

  private List<String> told() {
    return status.history().changes().stream()
        .map(change -> change.kind() + " " + change.count() + " " + change.instances())
        .toList();
  }

  @Test
  void tellsWhoJoinedAndWhoLeft() {
    rendered(instance("a", "n"), instance("b", "n"));
    rendered(instance("b", "n"), instance("c", "n"));
    assertThat(told()).containsExactly("joined 2 [a, b]", "joined 1 [c]", "left 1 [a]");
    assertThat(status.history().changes()).extracting(Change::service).containsOnly("web");
    assertThat(status.history().changes()).extracting(Change::number).containsExactly(1L, 2L, 3L);
  }

  @Test
  void tellsInstancesOfOneIdOnTwoNodesApart() {
    rendered(instance("a", "n"));
    rendered(instance("a", "m"));
    assertThat(told()).containsExactly("joined 1 [a]", "joined 1 [a]", "left 1 [a]");
  }

  @Test
  void tellsOfAnInstanceThatIsLeftOutOnce() {
    rendered(instance("a", "n"), refused("b"));
    rendered(instance("a", "n"), refused("b"));
    assertThat(told()).containsExactly("joined 1 [a]", "left-out 1 [b]");
  }

  @Test
  void tellsOfAServiceThatTheTemplateNamesNoMore() {
    rendered(instance("a", "n"));
    status = status.rendered(new RenderStatus(AT, 1, 0), List.of());
    assertThat(told()).last().isEqualTo("left 1 [a]");
  }

  @Test
  void namesTheFirstFewOfManyAndCountsThemAll() {
    rendered(
        IntStream.range(0, 100)
            .mapToObj(i -> instance("i" + i, "n"))
            .toArray(InstanceStatus[]::new));
    assertThat(told()).containsExactly("joined 100 [i0, i1, i2, i3, i4]");
  }

  @Test
  void tellsWhatBecameOfConfigurationsAndNotThatNothingDid() {
    applied("reloaded", "a server more");
    applied("no-change", "as it was");
    assertThat(told()).containsExactly("reloaded 1 []");
  }

  @Test
  void countsTroubleThatRepeatsInsteadOfListingIt() {
    applied("reloaded", "x");
    IntStream.range(0, 1000).forEach(i -> applied("failed", "disk full"));
    applied("failed", "read-only");
    assertThat(told()).containsExactly("reloaded 1 []", "failed 1000 []", "failed 1 []");
    assertThat(status.history().latest()).isEqualTo(3);
  }

  @Test
  void tellsOfTheTemplate() {
    status = status.with(new TemplateStatus("t", AT, "line 1 is wrong"), AT);
    status = status.with(new TemplateStatus("t", AT, null), AT);
    assertThat(status.history().changes())
        .extracting(Change::reason)
        .containsExactly("line 1 is wrong", "read again");
  }

  @Test
  void remembersABoundedNumberAndBoundedTexts() {
    Stream.iterate(0, i -> i + 1)
        .limit(1000)
        .forEach(i -> applied("reloaded", i + "x".repeat(10_000)));
    assertThat(status.history().changes()).hasSize(History.MOST);
    assertThat(status.history().latest()).isEqualTo(1000);
    assertThat(status.history().changes())
        .allSatisfy(change -> assertThat(change.reason()).hasSizeLessThanOrEqualTo(301));
    assertThat(status.history().newest(3).changes())
        .extracting(Change::number)
        .containsExactly(998L, 999L, 1000L);
  }

  @Test
  void cutsNoCharacterInTwo() {
    String face = "\uD83D\uDE00";
    assertThat(Clipped.of("x".repeat(299) + face)).isEqualTo("x".repeat(299) + "…");
    assertThat(Clipped.of("x".repeat(298) + face)).endsWith(face);
  }
}
