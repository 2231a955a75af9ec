package dev.rollcall.system;

import static dev.rollcall.system.Command.docker;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An image with an archive of its classes starts by it, and never runs a class that its jars no
 * longer have. The JVM does not see to that: Java 25.0.3 takes every class from the archive without
 * a look at the jars.
 */
class ArchiveIT {
  private static final String TAG = "archive-test";
  private static final String IMAGE = "rollcall/web-node:" + TAG;

  /** Where Jib puts the application's own jar, and the time that it gives to every file. */
  private static final String JARS = "/app/classpath/";

  private static final FileTime JIBS_TIME = FileTime.from(Instant.ofEpochSecond(1));

  @TempDir Path directory = Path.of("");

  @BeforeAll
  static void archive() {
    docker("tag", "rollcall/web-node:" + Stack.builtTag(), IMAGE);
    Command.of("compose/tools/archive", "web-node")
        .with(Map.of("ROLLCALL_TAG", TAG))
        .run()
        .orFail();
  }

  /**
   * By force: {@code compose/tools/archive} gives an image that has its archive already, and a
   * system that is up may run just that one. The tag goes, and whatever runs goes on.
   */
  @AfterAll
  static void forget() {
    docker("image", "rm", "-f", IMAGE);
  }

  @Test
  void anImageStartsByItsArchive() {
    String loaded =
        docker("run", "--rm", "-e", "JDK_JAVA_OPTIONS=-Xlog:class+load", IMAGE, "--version");

    assertThat(loaded)
        .containsPattern("dev\\.rollcall\\.web\\.WebNode source: shared objects file");
  }

  @Test
  void anArchiveIsNotMadeTwiceOfOneImage() {
    String made = docker("image", "inspect", "-f", "{{.Id}}", IMAGE);

    archive();

    assertThat(docker("image", "inspect", "-f", "{{.Id}}", IMAGE)).isEqualTo(made);
  }

  @Test
  void aChangedClassRunsThoughTheOldArchiveLiesThere() throws Exception {
    String container = docker("create", "--network", "none", IMAGE, "nonsense");
    try {
      docker("cp", container + ":" + JARS, directory.resolve("old").toString());
      Path old = onlyFile(directory.resolve("old"));
      Path jar = directory.resolve(old.getFileName());
      replace(old, jar, "dev/rollcall/web/WebNode.class", "web-node: ", "new-node: ");
      Files.setLastModifiedTime(jar, JIBS_TIME);
      docker("cp", jar.toString(), container + ":" + JARS);

      // A class that the archive has, not one that only a refusal loads.
      assertThat(says("docker", "start", "-a", container))
          .contains("starting without it", "new-node: \"nonsense\" is not understood");
      assertThat(says("docker", "run", "--rm", "--network", "none", IMAGE, "nonsense"))
          .contains("web-node: \"nonsense\" is not understood")
          .doesNotContain("starting without it");
    } finally {
      docker("rm", "-f", container);
    }
  }

  private static Path onlyFile(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }

  /** Copies the jar, with a text of equal length in the place of another in one of its classes. */
  private static void replace(Path from, Path to, String name, String text, String other)
      throws IOException {
    try (ZipFile jar = new ZipFile(from.toFile());
        ZipOutputStream copy = new ZipOutputStream(Files.newOutputStream(to))) {
      for (ZipEntry entry : jar.stream().toList()) {
        copy.putNextEntry(new ZipEntry(entry.getName()));
        byte[] bytes = bytes(jar, entry);
        copy.write(entry.getName().equals(name) ? replace(bytes, text, other) : bytes);
      }
    }
  }

  private static byte[] bytes(ZipFile jar, ZipEntry entry) throws IOException {
    try (InputStream in = jar.getInputStream(entry)) {
      return in.readAllBytes();
    }
  }

  private static byte[] replace(byte[] bytes, String text, String other) {
    String before = new String(bytes, StandardCharsets.ISO_8859_1);
    assertThat(before).contains(text);
    assertThat(other).hasSameSizeAs(text);
    return before.replace(text, other).getBytes(StandardCharsets.ISO_8859_1);
  }

  /** What the node says of an argument that it does not know. */
  private static String says(String... words) {
    return Command.of(words).run().err();
  }
}
