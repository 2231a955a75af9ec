package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.Haproxy.ReloadResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigApplierTest {

  private static final String ONE = config("server a 10.0.0.1:80");
  private static final String TWO = config("server a 10.0.0.1:80\n  server b 10.0.0.2:80");
  private static final String OTHER = ONE.replace("balance roundrobin", "balance leastconn");

  @TempDir Path directory;
  private Path target;
  private FakeHaproxy haproxy;
  private ConfigApplier applier;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  @BeforeEach
  void applier() {
    target = directory.resolve("haproxy.cfg");
    haproxy = new FakeHaproxy(target);
    applier = startedAgain();
  }

  @Test
  void reloadsFirstConfiguration() {
    ApplyResult applied = applier.apply(ONE);

    assertThat(reason(applied)).isEqualTo("first configuration");
    assertThat(haproxy.seen).containsExactly("check " + ONE, "reload " + ONE);
    assertThat(target).hasContent(ONE);
  }

  @Test
  void sameTextIsNoChange() {
    applier.apply(ONE);
    haproxy.seen.clear();

    assertThat(applier.apply(ONE)).isEqualTo(new ApplyResult.NoChange());
    assertThat(haproxy.seen).isEmpty();
  }

  @Test
  void writesChangedCommentWithoutReload() {
    applier.apply(ONE);
    haproxy.seen.clear();

    assertThat(applier.apply("# noon\n" + ONE)).isEqualTo(new ApplyResult.NoChange());
    assertThat(haproxy.seen).isEmpty();
    assertThat(target).hasContent("# noon\n" + ONE);
    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void reasonSaysWhatChanged() {
    applier.apply(ONE);

    assertThat(reason(applier.apply(TWO))).isEqualTo("1 server added in backend be");
  }

  @Test
  void addsMissingFinalNewline() throws IOException {
    applier.apply(ONE.stripTrailing());

    assertThat(Files.readString(target)).isEqualTo(ONE).endsWith("\n");
    assertThat(applier.apply(ONE)).isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void rejectsConfigurationWithoutListener() {
    applier.apply(ONE);
    haproxy.seen.clear();

    ApplyResult applied = applier.apply("global\n");

    assertThat(rejected(applied).message()).contains("HAProxy would not listen");
    assertThat(haproxy.seen).isEmpty();
    assertThat(target).hasContent(ONE);
  }

  @Test
  void rejectsEmptyConfiguration() {
    assertThat(applier.apply("")).isInstanceOf(ApplyResult.Rejected.class);
    assertThat(haproxy.seen).isEmpty();
    assertThat(target).doesNotExist();
  }

  @Test
  void writesAuxiliaryFilesBeforeTheCheck() throws IOException {
    Path map = directory.resolve("web.map");
    haproxy.checkingWith(() -> read(map).equals("a\n") ? new ConfigCheck.Passed() : refused());

    assertThat(reason(applier.apply(reading(map), Map.of(map, "a\n"))))
        .isEqualTo("first configuration");
    assertThat(applier.apply(reading(map), Map.of(map, "a\n")))
        .isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void reloadsForChangedAuxiliaryFile() {
    Path map = directory.resolve("web.map");
    applier.apply(reading(map), Map.of(map, "a\n"));
    haproxy.seen.clear();

    assertThat(reason(applier.apply(reading(map), Map.of(map, "b\n"))))
        .isEqualTo("changed: [" + map + "]");
    assertThat(haproxy.seen).hasSize(2).last().asString().startsWith("reload ");
    assertThat(map).hasContent("b\n");
  }

  @Test
  void reloadsForAuxiliaryFileWrittenBeforeACrash() throws IOException {
    Path map = directory.resolve("web.map");
    applier.apply(reading(map), Map.of(map, "a\n"));
    Files.writeString(map, "b\n");
    applier = startedAgain();

    assertThat(reason(applier.apply(reading(map), Map.of(map, "b\n"))))
        .isEqualTo("changed: [" + map + "]");
  }

  @Test
  void doesNotReloadForUnusedAuxiliaryFile() {
    Path report = directory.resolve("report.txt");
    applier.apply(ONE, Map.of(report, "a\n"));

    assertThat(applier.apply(ONE, Map.of(report, "b\n"))).isEqualTo(new ApplyResult.NoChange());
    assertThat(report).hasContent("b\n");
  }

  @Test
  void restoresAuxiliaryFilesWhenTheCheckRefuses() {
    Path map = directory.resolve("web.map");
    Path fresh = directory.resolve("fresh.map");
    applier.apply(reading(map), Map.of(map, "a\n"));
    haproxy.checkingWith(refused());

    rejected(applier.apply(reading(map), Map.of(map, "bad\n", fresh, "b\n")));
    assertThat(map).hasContent("a\n");
    assertThat(fresh).doesNotExist();
    assertThat(target).hasContent(reading(map));
  }

  @Test
  void checksLastKnownGoodWithItsOwnAuxiliaryFiles() {
    Path map = directory.resolve("web.map");
    applier.apply(reading(map), Map.of(map, "a\n"));
    haproxy.checkingWith(() -> read(map).equals("bad\n") ? refused() : new ConfigCheck.Passed());

    assertThat(rejected(applier.apply(reading(map) + "# x\n", Map.of(map, "bad\n"))).message())
        .isEqualTo("bad map");
    assertThat(applier.warning()).isEmpty();
  }

  @Test
  void restoresAuxiliaryFilesBeforeReloadingLastKnownGood() {
    Path map = directory.resolve("web.map");
    applier.apply(reading(map), Map.of(map, "a\n"));
    List<String> contents = new ArrayList<>();
    haproxy.reloading(() -> contents.add(read(map)));
    haproxy.withReloadResults(new ReloadResult.Refused("bad map"));

    rejected(applier.apply(reading(map), Map.of(map, "b\n")));
    assertThat(contents).containsExactly("b\n", "a\n");
    assertThat(map).hasContent("a\n");
  }

  @Test
  void leavesUnwrittenAuxiliaryFilesAloneOnRefusal() {
    Path map = directory.resolve("web.map");
    haproxy.fileOnly();
    applier.apply(reading(map), Map.of(map, "a\n"));
    assertThat(applier.apply(reading(map), Map.of(map, "b\n")))
        .isEqualTo(new ApplyResult.FileWritten("changed: [" + map + "]"));

    rejected(applier.apply("global\n", Map.of(map, "b\n")));
    assertThat(map).hasContent("b\n");
  }

  @Test
  void failsNamingTheAuxiliaryFileThatCannotBeWritten() {
    Path map = directory.resolve("a.map");
    Path nowhere = directory.resolve("none").resolve("web.map");

    assertThat(applier.apply(ONE, Map.of(map, "a\n", nowhere, "a\n")))
        .isEqualTo(
            new ApplyResult.Failed("cannot write " + nowhere + ": no such file or directory"));
    assertThat(map).doesNotExist();
    assertThat(target).doesNotExist();
  }

  @Test
  void restoresOneAuxiliaryFileThoughAnotherCannotBeRestored() throws IOException {
    Path lost = directory.resolve("0");
    Path map = directory.resolve("a.map");
    Files.createDirectory(lost);
    applier.apply(ONE, Map.of(lost.resolve("web.map"), "a\n", map, "a\n"));
    haproxy.checkingWith(
        () -> {
          if (Files.exists(lost)) {
            delete(
                lost.resolve("web.map"),
                lost.resolve("web.map.good"),
                lost.resolve("web.map.backup.1"),
                lost);
          }
          return refused();
        });

    rejected(applier.apply(TWO, Map.of(lost.resolve("web.map"), "b\n", map, "b\n")));
    assertThat(map).hasContent("a\n");
  }

  private static void delete(Path... paths) {
    for (Path path : paths) {
      assertThat(path.toFile().delete()).as("deleted %s", path).isTrue();
    }
  }

  @Test
  void restoresAuxiliaryFilesWhenTheConfigurationCannotBeWritten() throws IOException {
    Path map = directory.resolve("a.map");
    applier.apply(ONE, Map.of(map, "a\n"));
    Files.delete(target);
    Files.createDirectory(target);

    assertThat(applier.apply(TWO, Map.of(map, "b\n"))).isInstanceOf(ApplyResult.Failed.class);
    assertThat(map).hasContent("a\n");
  }

  private static String reading(Path map) {
    return ONE.replace("balance roundrobin", "use-server %[path,map(" + map + ")] if TRUE");
  }

  private static ConfigCheck refused() {
    return new ConfigCheck.Refused("bad map");
  }

  private static String read(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void leavesFileUntouchedWhenTheCheckRefuses() throws IOException {
    applier.apply(ONE);
    haproxy.refusingTextsWith("leastconn", "unknown keyword");
    haproxy.seen.clear();

    ApplyResult.Rejected rejected = rejected(applier.apply(OTHER));

    assertThat(rejected.message()).isEqualTo("unknown keyword");
    assertThat(Files.readString(rejected.candidate())).isEqualTo(OTHER + "\n# unknown keyword\n");
    assertThat(haproxy.seen).containsExactly("check " + OTHER, "check " + ONE);
    assertThat(applier.warning()).isEmpty();
    assertThat(target).hasContent(ONE);
    assertThat(directory.resolve("haproxy.cfg.candidate")).doesNotExist();
  }

  @Test
  void restoresLastKnownGoodWhenTheReloadIsRefused() {
    applier.apply(ONE);
    haproxy.withReloadResults(new ReloadResult.Refused("cannot bind"));
    haproxy.seen.clear();

    ApplyResult.Rejected rejected = rejected(applier.apply(OTHER));

    assertThat(rejected.message()).isEqualTo("cannot bind");
    assertThat(haproxy.seen).containsExactly("check " + OTHER, "reload " + OTHER, "reload " + ONE);
    assertThat(target).hasContent(ONE);
    assertThat(applier.apply(ONE)).isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void saysWhenTheRunningConfigurationIsRefusedToo() {
    applier.apply(ONE);
    haproxy.checkingWith(new ConfigCheck.Refused("no certificate"));

    assertThat(rejected(applier.apply(OTHER)).message())
        .isEqualTo("HAProxy cannot reload now: it refuses what it runs as well: no certificate");
    assertThat(applier.warning()).contains("no certificate");
    assertThat(target).hasContent(ONE);

    haproxy.checkingWith(new ConfigCheck.Passed());
    assertThat(applier.apply(OTHER)).isInstanceOf(ApplyResult.Reloaded.class);
    assertThat(applier.warning()).isEmpty();
  }

  @Test
  void doesNotReloadWhenTheCheckTimesOut() {
    applier.apply(ONE);
    haproxy.checkingWith(new ConfigCheck.TimedOut("too slow"));

    assertThat(rejected(applier.apply(OTHER)).message()).isEqualTo("no verdict: too slow");
    assertThat(target).hasContent(ONE);
  }

  @Test
  void restoresLastKnownGoodWhenTheRejectedCopyCannotBeKept() throws IOException {
    applier.apply(ONE);
    Files.createDirectories(directory.resolve("haproxy.cfg.rejected").resolve("x"));
    haproxy.withReloadResults(new ReloadResult.Refused("cannot bind"));

    assertThat(rejected(applier.apply(OTHER)).candidate()).isNull();
    assertThat(target).hasContent(ONE);
    assertThat(applier.apply(ONE)).isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void restoresLastKnownGoodWithoutSpaceForAnotherFile() throws IOException {
    applier.apply(ONE);
    haproxy.reloading(() -> obstructCandidate());
    haproxy.withReloadResults(new ReloadResult.Refused("cannot bind"));

    rejected(applier.apply(OTHER));
    assertThat(target).hasContent(ONE);
  }

  private void obstructCandidate() {
    try {
      Files.createDirectories(directory.resolve("haproxy.cfg.candidate").resolve("x"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void restoresFileThatSomebodyElseChanged() throws IOException {
    applier.apply(ONE);
    Files.writeString(target, OTHER);
    haproxy.seen.clear();

    assertThat(applier.maintain()).isFalse();
    assertThat(target).hasContent(ONE);
    assertThat(directory.resolve("haproxy.cfg.backup.1")).hasContent(OTHER);
    assertThat(haproxy.seen).isEmpty();
    assertThat(applier.apply(ONE)).isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void restoresFileThatSomebodyElseDeletedWhileHaproxyIsAbsent() throws IOException {
    applier.apply(ONE);
    haproxy.absent();
    Files.delete(target);

    assertThat(applier.maintain()).isFalse();
    assertThat(target).hasContent(ONE);
  }

  @Test
  void reloadsWhenSomebodyElseChangedTheFileAndReloaded() throws IOException {
    applier.apply(ONE);
    Files.writeString(target, OTHER);
    haproxy.worker(9).seen.clear();

    assertThat(reason(applier.reconcile()))
        .isEqualTo("somebody else changed the file and had HAProxy read it");
    assertThat(haproxy.seen).containsExactly("check " + ONE, "reload " + ONE);
    assertThat(target).hasContent(ONE);
    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void restoresEarlierFileWhenTheFirstConfigurationIsRefused() throws IOException {
    Files.writeString(target, TWO);
    haproxy.withReloadResults(new ReloadResult.Refused("cannot bind"));

    assertThat(applier.apply(OTHER)).isInstanceOf(ApplyResult.Rejected.class);

    assertThat(target).hasContent(TWO);
  }

  @Test
  void neverReloadsWithoutFile() {
    haproxy.withReloadResults(new ReloadResult.Refused("cannot bind"));

    assertThat(applier.apply(ONE)).isInstanceOf(ApplyResult.Rejected.class);

    assertThat(haproxy.seen).containsExactly("check " + ONE, "reload " + ONE);
    assertThat(target).doesNotExist();
  }

  @Test
  void saysWhenLastKnownGoodIsRefusedToo() {
    applier.apply(ONE);
    haproxy.withReloadResults(
        new ReloadResult.Refused("cannot bind"), new ReloadResult.Refused("still not"));

    assertThat(rejected(applier.apply(OTHER)).message())
        .startsWith("cannot bind\nHAProxy did not take the last known good back")
        .contains("still not");
    assertThat(target).hasContent(ONE);
  }

  @Test
  void writesFirstFileForAbsentHaproxy() {
    haproxy.absent();

    assertThat(applier.apply(ONE)).isEqualTo(new ApplyResult.HaproxyAbsent("nobody answers"));
    assertThat(target).hasContent(ONE);

    haproxy.present();
    assertThat(applier.apply(ONE)).isInstanceOf(ApplyResult.Reloaded.class);
  }

  @Test
  void writesChangedServersForAbsentHaproxy() {
    applier.apply(ONE);
    haproxy.absent();

    assertThat(applier.apply(TWO)).isEqualTo(new ApplyResult.HaproxyAbsent("nobody answers"));

    assertThat(target).hasContent(TWO);
    haproxy.present();
    assertThat(reason(applier.reconcile())).isEqualTo("1 server added in backend be");
  }

  @Test
  void holdsBackUncheckedChangeUntilHaproxyIsThere() {
    applier.apply(ONE);
    haproxy.absent();

    ApplyResult applied = applier.apply(OTHER);

    assertThat(applied)
        .isEqualTo(
            new ApplyResult.HaproxyAbsent(
                "nobody answers; the change is held back until it can judge it"));
    assertThat(target).hasContent(ONE);
    haproxy.present();
    assertThat(reason(applier.reconcile())).isEqualTo("backend be changed");
    assertThat(target).hasContent(OTHER);
    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
  }

  @Test
  void writesCheckedChangeForAbsentHaproxy() {
    applier.apply(ONE);
    haproxy.absent().checkingWith(new ConfigCheck.Passed());

    assertThat(applier.apply(OTHER)).isEqualTo(new ApplyResult.HaproxyAbsent("nobody answers"));

    assertThat(target).hasContent(OTHER);
  }

  @Test
  void isReconciledWithHaproxyThatStartedFromTheFile() throws IOException {
    Files.writeString(target, ONE);

    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
    assertThat(haproxy.seen).isEmpty();
  }

  @Test
  void isReconciledAfterRestartOfHaproxy() {
    applier.apply(ONE);
    haproxy.absent().present();
    haproxy.seen.clear();

    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
    assertThat(haproxy.seen).isEmpty();
  }

  @Test
  void reconcileStartsHaproxyFromTheFile() {
    applier.apply(ONE);
    haproxy.absent();
    haproxy.seen.clear();

    assertThat(startedAgain().reconcile())
        .isEqualTo(new ApplyResult.HaproxyAbsent("nobody answers"));
    assertThat(haproxy.seen).containsExactly("check " + ONE);
  }

  @Test
  void reconcileWaitsWhenThereIsNoFile() {
    assertThat(applier.reconcile())
        .isEqualTo(new ApplyResult.HaproxyAbsent("there is no configuration yet"));
    assertThat(haproxy.seen).isEmpty();
  }

  @Test
  void reloadsFileThatHaproxyWasNotSeenToRun() throws IOException {
    applier.apply(ONE);
    // As after a crash between the write and the reload.
    Files.writeString(target, TWO);

    assertThat(reason(startedAgain().apply(TWO))).isEqualTo("1 server added in backend be");
    assertThat(haproxy.seen).endsWith("reload " + TWO);
  }

  @Test
  void reloadsWhenSomebodyChangedTheFile() throws IOException {
    applier.apply(ONE);
    Files.writeString(target, OTHER);

    assertThat(reason(applier.apply(ONE))).isEqualTo("HAProxy was not seen to run the file");
    assertThat(target).hasContent(ONE);
  }

  @Test
  void knowsRunningConfigurationAfterOwnRestart() {
    applier.apply(ONE);
    haproxy.seen.clear();

    ConfigApplier again = startedAgain();

    assertThat(again.reconcile()).isEqualTo(new ApplyResult.NoChange());
    assertThat(again.apply(ONE)).isEqualTo(new ApplyResult.NoChange());
    assertThat(haproxy.seen).isEmpty();
  }

  @Test
  void retriesFailedConfigurationOnceAndThenHoldsItOff() {
    applier.apply(ONE);
    ReloadResult broken = new ReloadResult.NotServing("gone");
    ReloadResult done = new ReloadResult.Success(Duration.ZERO);
    haproxy.withReloadResults(broken, done, broken, done);

    assertThat(rejected(applier.apply(OTHER)).message()).isEqualTo("gone");
    assertThat(rejected(applier.reconcile()).message()).isEqualTo("gone");
    haproxy.seen.clear();
    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
    assertThat(rejected(applier.apply(OTHER.replace("10.0.0.1", "10.0.0.9"))).message())
        .contains("tried again later");
    assertThat(haproxy.seen).isEmpty();
    assertThat(target).hasContent(ONE);

    now = now.plus(FailedConfigHoldoff.HOLDOFF);
    assertThat(applier.apply(OTHER)).isInstanceOf(ApplyResult.Reloaded.class);
  }

  @Test
  void triesDifferentConfigurationAtOnceAfterAFailedOne() {
    applier.apply(ONE);
    ReloadResult broken = new ReloadResult.NotServing("gone");
    ReloadResult done = new ReloadResult.Success(Duration.ZERO);
    haproxy.withReloadResults(broken, done, broken, done);
    applier.apply(OTHER);
    applier.apply(OTHER);

    assertThat(applier.apply(OTHER.replace("leastconn", "random")))
        .isInstanceOf(ApplyResult.Reloaded.class);
  }

  @Test
  void saysThatHaproxyIsGoneAndWhatItWillFind() {
    applier.apply(ONE);
    haproxy.withReloadResults(
        new ReloadResult.NotServing("no answer"), new ReloadResult.Unreachable("nobody answers"));

    assertThat(rejected(applier.apply(OTHER)).message())
        .isEqualTo(
            "no answer\n"
                + "HAProxy is gone (nobody answers) and finds the last known good when it starts");
    assertThat(target).hasContent(ONE);
  }

  @Test
  void restoresLastKnownGoodWhenAListenerStopsAnswering() throws IOException {
    try (ServerSocket site = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String bind = "bind 127.0.0.1:" + site.getLocalPort();
      String good = ONE.replace("bind :80", bind);
      String mute = OTHER.replace("bind :80", bind);
      applier.apply(good);
      haproxy.reloading(() -> endUnlessItReads(good, site));

      assertThat(rejected(applier.apply(mute)).message())
          .isEqualTo(
              "HAProxy reloaded and does not answer any more at 127.0.0.1:" + site.getLocalPort());

      assertThat(target).hasContent(good);
      assertThat(haproxy.seen).endsWith("reload " + mute, "reload " + good);
    }
  }

  @Test
  void ignoresListenersThatCannotBeReached() throws IOException {
    int nobody;
    try (ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      nobody = socket.getLocalPort();
    }
    applier.apply(ONE.replace("bind :80", "bind 127.0.0.1:" + nobody));

    assertThat(applier.apply(OTHER.replace("bind :80", "bind 127.0.0.1:" + nobody)))
        .isInstanceOf(ApplyResult.Reloaded.class);
  }

  private void endUnlessItReads(String good, ServerSocket site) {
    try {
      if (!Files.readString(target).equals(good)) {
        site.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void onlyWritesTheFileWithoutHaproxy() {
    haproxy.fileOnly();

    assertThat(applier.apply(ONE)).isEqualTo(new ApplyResult.FileWritten("first configuration"));
    assertThat(applier.apply(TWO))
        .isEqualTo(new ApplyResult.FileWritten("1 server added in backend be"));
    assertThat(applier.apply(TWO)).isEqualTo(new ApplyResult.NoChange());
    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
    assertThat(target).hasContent(TWO);
  }

  @Test
  void failsInOneLineWhenTheFileCannotBeWritten() {
    Path nowhere = directory.resolve("nowhere").resolve("haproxy.cfg");

    assertThat(new ConfigApplier(new ConfigFile(nowhere), haproxy).apply(ONE))
        .isEqualTo(
            new ApplyResult.Failed("cannot write " + nowhere + ": no such file or directory"));
    assertThat(haproxy.seen).isEmpty();
  }

  @Test
  void failsWhenTheFileIsADirectory() throws IOException {
    Files.createDirectory(target);

    assertThat(applier.apply(ONE))
        .isEqualTo(new ApplyResult.Failed("cannot read " + target + ": is a directory"));
    assertThat(applier.reconcile())
        .isEqualTo(new ApplyResult.Failed("cannot read " + target + ": is a directory"));
  }

  private ConfigApplier startedAgain() {
    return new ConfigApplier(
        new ConfigFile(target), haproxy, () -> now, System::nanoTime, true, Runnable::run);
  }

  private static String config(String servers) {
    return "frontend fe\n  bind :80\nbackend be\n  balance roundrobin\n  " + servers + "\n";
  }

  private static String reason(ApplyResult applied) {
    assertThat(applied).isInstanceOf(ApplyResult.Reloaded.class);
    return ((ApplyResult.Reloaded) applied).reason();
  }

  private static ApplyResult.Rejected rejected(ApplyResult applied) {
    assertThat(applied).isInstanceOf(ApplyResult.Rejected.class);
    return (ApplyResult.Rejected) applied;
  }
}
