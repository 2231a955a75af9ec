package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.config.MapFile.Entry;
import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A map beside the configuration, and backends that it leads to, while HAProxy runs. */
class RuntimeMapsTest {

  private static final String A = "a be_a\n";
  private static final String B = "b be_b\n";

  @TempDir Path directory;
  private Path map;
  private FakeHaproxy haproxy;
  private ConfigApplier applier;
  private long nanos;

  @BeforeEach
  void runOne() {
    Path target = directory.resolve("haproxy.cfg");
    map = directory.resolve("hosts.map");
    haproxy = new FakeHaproxy(target).version("3.4.7");
    applier =
        new ConfigApplier(
            new ConfigFile(target), haproxy, () -> Instant.EPOCH, () -> nanos, true, Runnable::run);
    apply(config("a"), A);
    haproxy.seen.clear();
  }

  @Test
  void entryIsAddedAndTheFileIsGood() throws IOException {
    assertThat(apply(config("a"), A + B)).isInstanceOf(ApplyResult.RuntimeChanged.class);

    assertThat(haproxy.seen.get(0)).isEqualTo("change add map " + map + " b be_b");
    assertThat(Files.readString(map)).isEqualTo(A + B);
    assertThat(Files.readString(directory.resolve("hosts.map.good"))).isEqualTo(A + B);
    assertThat(haproxy.seen).noneMatch(seen -> seen.startsWith("reload"));
    assertThat(apply(config("a"), A + B)).isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void anotherCommentIsWrittenAndKnownAsGood() throws IOException {
    assertThat(apply(config("a"), "# noon\n" + A)).isEqualTo(new ApplyResult.NoChange());

    assertThat(Files.readString(map)).isEqualTo("# noon\n" + A);
    assertThat(Files.readString(directory.resolve("hosts.map.good"))).isEqualTo("# noon\n" + A);
  }

  @Test
  void reloadsIfHaproxyHasOtherEntriesAfterwards() {
    haproxy.maps.put(map.toString(), List.of(new Entry("x", "y")));
    haproxy.refusingChanges("\"add map\" was answered \"no\"");

    assertThat(apply(config("a"), A + B))
        .isInstanceOfSatisfying(
            ApplyResult.Reloaded.class,
            reloaded ->
                assertThat(reloaded.reason())
                    .isEqualTo(
                        "changed: ["
                            + map
                            + "]; not while it runs: \"add map\" was answered \"no\""));
    assertThat(haproxy.maps.get(map.toString())).hasSize(2);
  }

  @Test
  void entryThatSomebodyDeletesIsAddedAgain() {
    haproxy.maps.put(map.toString(), List.of());
    nanos += RuntimeServers.COMPARE.toNanos();

    assertThat(applier.maintain()).isFalse();

    assertThat(haproxy.maps.get(map.toString())).containsExactly(new Entry("a", "be_a"));
    assertThat(haproxy.seen).containsExactly("change add map " + map + " a be_a");
  }

  @Test
  void haproxyThatWasAbsentReadsTheNewEntries() {
    haproxy.absent();
    assertThat(apply(config("a"), A + B)).isInstanceOf(ApplyResult.HaproxyAbsent.class);
    haproxy.present().restart();
    haproxy.seen.clear();

    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
    assertThat(apply(config("a"), A + B)).isEqualTo(new ApplyResult.NoChange());

    assertThat(haproxy.seen).isEmpty();
  }

  @Test
  void refusedChangeLeavesTheEntriesThatRun() throws IOException {
    apply(config("a"), A + B);
    haproxy.checkingWith(new ConfigCheck.Refused("no"));
    haproxy.seen.clear();

    assertThat(apply(config("a").replace("bind :80", "bind :81"), A))
        .isInstanceOf(ApplyResult.Rejected.class);

    assertThat(Files.readString(map)).isEqualTo(A + B);
    nanos += RuntimeServers.COMPARE.toNanos();
    assertThat(applier.maintain()).isFalse();
    assertThat(haproxy.seen).noneMatch(seen -> seen.startsWith("change"));
  }

  @Test
  void changeThatTheCheckBlamesIsTakenBackWithItsMap() throws IOException {
    haproxy.refusingTextsWith("be_b", "no");

    assertThat(apply(config("a", "b"), A + B)).isInstanceOf(ApplyResult.Rejected.class);

    assertThat(Files.readString(map)).isEqualTo(A);
    assertThat(haproxy.backends).containsOnlyKeys("be_a");
    assertThat(haproxy.maps.get(map.toString())).containsExactly(new Entry("a", "be_a"));
  }

  @Test
  void backendOfSomebodyElseThatWasThereFirstIsLeftAlone() {
    haproxy.worker(9).backends.put("be_other", true);
    nanos += RuntimeServers.COMPARE.toNanos();
    assertThat(applier.maintain()).isFalse();
    assertThat(haproxy.backends).containsKey("be_other");

    haproxy.backends.put("be_later", true);
    nanos += RuntimeServers.COMPARE.toNanos();
    assertThat(applier.maintain()).isFalse();
    assertThat(haproxy.backends).containsEntry("be_later", false).containsEntry("be_other", true);
  }

  private ApplyResult apply(String text, String entries) {
    return applier.apply(text, Map.of(map, entries));
  }

  private String config(String... services) {
    StringBuilder text =
        new StringBuilder(
            """
            defaults services
                mode http
            frontend fe
                mode http
                bind :80
                use_backend %%[req.hdr(host),map(%s)]
            """
                .formatted(map));
    for (String service : services) {
      text.append("backend be_").append(service).append(" from services\n");
      text.append("    server s 10.0.0.1:80\n");
    }
    return text.toString();
  }
}
