package dev.rollcall.lb.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {

  @TempDir Path directory;
  private Path target;
  private ConfigFile file;

  @BeforeEach
  void file() {
    target = directory.resolve("haproxy.cfg");
    file = new ConfigFile(target);
  }

  @Test
  void isEmptyBeforeTheFirstInstall() throws IOException {
    assertThat(file.current()).isEmpty();
    assertThat(file.lastKnownGood()).isEmpty();
  }

  @Test
  void candidateDoesNotTouchTheTarget() throws IOException {
    Files.writeString(target, "old\n");

    Path candidate = file.writeCandidate("new\n");

    assertThat(candidate).hasParent(directory).hasContent("new\n");
    assertThat(target).hasContent("old\n");
  }

  @Test
  void installReplacesTheFileByAnotherInode() throws IOException {
    Files.writeString(target, "old\n");
    Object before = Files.getAttribute(target, "unix:ino");

    install("new\n");

    assertThat(target).hasContent("new\n");
    assertThat(Files.getAttribute(target, "unix:ino")).isNotEqualTo(before);
    assertThat(names()).containsExactly("haproxy.cfg", "haproxy.cfg.backup.1");
  }

  @Test
  void firstFileIsNotWorldReadable() throws IOException {
    install("new\n");

    assertThat(mode(target)).isEqualTo("rw-r-----");
  }

  @Test
  void keepsTheModeOfThePreviousFile() throws IOException {
    Files.writeString(target, "old\n");
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r--r--"));

    install("new\n");

    assertThat(mode(target)).isEqualTo("rw-r--r--");
    assertThat(mode(directory.resolve("haproxy.cfg.backup.1"))).isEqualTo("rw-r--r--");
  }

  @Test
  void keepsFiveBackupsNewestFirst() throws IOException {
    for (int number = 1; number <= 8; number++) {
      install("text " + number + "\n");
    }

    assertThat(target).hasContent("text 8\n");
    assertThat(names())
        .containsExactly(
            "haproxy.cfg",
            "haproxy.cfg.backup.1",
            "haproxy.cfg.backup.2",
            "haproxy.cfg.backup.3",
            "haproxy.cfg.backup.4",
            "haproxy.cfg.backup.5");
    assertThat(directory.resolve("haproxy.cfg.backup.1")).hasContent("text 7\n");
    assertThat(directory.resolve("haproxy.cfg.backup.5")).hasContent("text 3\n");
  }

  @Test
  void installingTheSameTextMakesNoBackup() throws IOException {
    install("one\n");
    install("two\n");
    install("two\n");

    assertThat(directory.resolve("haproxy.cfg.backup.1")).hasContent("one\n");
    assertThat(names()).containsExactly("haproxy.cfg", "haproxy.cfg.backup.1");
  }

  @Test
  void restoresTheLastKnownGood() throws IOException {
    install("good\n");
    file.markGood();
    install("hopeful\n");
    install("bad\n");

    assertThat(file.restore()).isTrue();

    assertThat(target).hasContent("good\n");
    assertThat(file.lastKnownGood()).contains("good\n");
  }

  @Test
  void restoresTheLastKnownGoodOnAFullDisk() throws IOException {
    install("good\n");
    file.markGood();
    install("hopeful\n");
    install("bad\n");
    Files.createDirectories(directory.resolve("haproxy.cfg.candidate").resolve("x"));

    assertThat(file.restore()).isTrue();

    assertThat(target).hasContent("good\n");
  }

  @Test
  void stampChangesWithTheFile() throws IOException {
    assertThat(file.stamp()).isEmpty();
    install("one\n");
    String before = file.stamp();

    assertThat(file.stamp()).isEqualTo(before);
    Files.writeString(target, "another one\n");
    assertThat(file.stamp()).isNotEqualTo(before);
  }

  @Test
  void restoresThePreviousTextWithoutLastKnownGood() throws IOException {
    Files.writeString(target, "by hand\n");
    install("bad\n");

    assertThat(file.restore()).isTrue();

    assertThat(target).hasContent("by hand\n");
  }

  @Test
  void restoreDeletesTheFileWhereNoneWas() throws IOException {
    install("bad\n");

    assertThat(file.restore()).isFalse();

    assertThat(target).doesNotExist();
  }

  @Test
  void keepsFiveRejectedTextsWithMessages() throws IOException {
    for (int number = 1; number <= 8; number++) {
      file.reject("text " + number + "\n", "line one\nline two");
    }

    assertThat(names())
        .containsExactly(
            "haproxy.cfg.rejected",
            "haproxy.cfg.rejected.1",
            "haproxy.cfg.rejected.2",
            "haproxy.cfg.rejected.3",
            "haproxy.cfg.rejected.4");
    assertThat(directory.resolve("haproxy.cfg.rejected"))
        .hasContent("text 8\n\n# line one\n# line two\n");
    assertThat(directory.resolve("haproxy.cfg.rejected.4"))
        .hasContent("text 4\n\n# line one\n# line two\n");
  }

  @Test
  void keepsATextThatIsRejectedAgainOnce() throws IOException {
    file.reject("bad\n", "first message");
    file.reject("bad\n", "second message");

    assertThat(names()).containsExactly("haproxy.cfg.rejected");
    assertThat(directory.resolve("haproxy.cfg.rejected")).content().contains("second message");
  }

  @Test
  void followsAndKeepsASymbolicLink() throws IOException {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Path real = Files.writeString(elsewhere.resolve("real.cfg"), "old\n");
    Files.createSymbolicLink(target, Path.of("elsewhere/real.cfg"));

    install("new\n");

    assertThat(target).isSymbolicLink().hasContent("new\n");
    assertThat(real).hasContent("new\n").isRegularFile();
    assertThat(elsewhere.resolve("real.cfg.backup.1")).hasContent("old\n");
  }

  @Test
  void followsALinkToAMissingFile() throws IOException {
    Files.createSymbolicLink(target, directory.resolve("later.cfg"));

    install("new\n");

    assertThat(target).isSymbolicLink();
    assertThat(directory.resolve("later.cfg")).hasContent("new\n");
  }

  @Test
  void doesNotFollowALinkInPlaceOfTheCandidate() throws IOException {
    Path victim = Files.writeString(directory.resolve("victim"), "precious\n");
    Files.createSymbolicLink(directory.resolve("haproxy.cfg.candidate"), victim);

    file.writeCandidate("new\n");

    assertThat(victim).hasContent("precious\n");
  }

  @Test
  void refusesALinkToItself() throws IOException {
    Files.createSymbolicLink(target, target);

    assertThatExceptionOfType(ConfigFileException.class)
        .isThrownBy(() -> file.writeCandidate("new\n"))
        .withMessage("cannot write %s: too many symbolic links", target);
  }

  @Test
  void refusesADirectory() throws IOException {
    Files.createDirectory(target);

    assertThatExceptionOfType(ConfigFileException.class)
        .isThrownBy(() -> file.current())
        .withMessage("cannot read %s: is a directory", target);
    assertThatExceptionOfType(ConfigFileException.class)
        .isThrownBy(() -> file.writeCandidate("new\n"))
        .withMessage("cannot write %s: is a directory", target);
  }

  @Test
  void refusesAMissingDirectory() {
    Path nowhere = directory.resolve("nowhere").resolve("haproxy.cfg");

    assertThatExceptionOfType(ConfigFileException.class)
        .isThrownBy(() -> new ConfigFile(nowhere).writeCandidate("new\n"))
        .withMessage("cannot write %s: no such file or directory", nowhere);
  }

  @Test
  void refusesAParentThatIsAFile() throws IOException {
    Path child = Files.writeString(target, "text").resolve("haproxy.cfg");

    assertThatExceptionOfType(ConfigFileException.class)
        .isThrownBy(() -> new ConfigFile(child).writeCandidate("new\n"))
        .withMessage("cannot write %s: not a directory", child);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void refusesAReadOnlyDirectory() {
    // Not even root makes files there.
    Path target = Path.of("/proc/haproxy.cfg");

    assertThatExceptionOfType(ConfigFileException.class)
        .isThrownBy(() -> new ConfigFile(target).writeCandidate("new\n"))
        .withMessageMatching("cannot write /proc/haproxy\\.cfg[^\n]*: [^\n]+");
  }

  @Test
  void failedCandidateLeavesNothingBehind() throws IOException {
    Files.writeString(target, "old\n");
    Files.createDirectories(directory.resolve("haproxy.cfg.candidate").resolve("in the way"));

    assertThatExceptionOfType(ConfigFileException.class)
        .isThrownBy(() -> file.writeCandidate("new\n"));

    assertThat(target).hasContent("old\n");
  }

  @Test
  void readsTextThatIsNotUtf8() throws IOException {
    Files.write(target, new byte[] {(byte) 0xff, (byte) 0xfe, '\n'});

    assertThat(file.current()).isPresent();
  }

  private void install(String text) throws IOException {
    file.install(file.writeCandidate(text));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
