package dev.rollcall.lb.apply;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Places for the configuration that only a container can have. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class OutputIT {

  @Test
  void aFullDiskFailsInOneLineAndLeavesTheFileAsItWas() throws Exception {
    String target = ChildContainer.SMALL + "/haproxy.cfg";
    try (ChildContainer container = new ChildContainer(target)) {
      container.start();
      assertThat(container.apply(Site.generation(1))).contains("Reloaded");
      String files = container.run("ls " + ChildContainer.SMALL);

      String applied = container.apply(Site.generation(2) + "# much\n".repeat(10_000));

      assertThat(applied)
          .isEqualTo(
              "Failed[message=cannot write " + target + ".candidate: No space left on device]");
      assertThat(container.run("cat " + target)).isEqualTo(Site.generation(1).strip());
      assertThat(container.run("ls " + ChildContainer.SMALL)).isEqualTo(files);
      assertThat(container.served()).isEqualTo("1");
      assertThat(container.apply(Site.generation(3))).contains("Reloaded");
    }
  }

  @Test
  void aDirectoryThatMayNotBeWrittenFailsInOneLine() throws Exception {
    try (ChildContainer container = new ChildContainer("/etc/haproxy.cfg")) {
      container.start();

      assertThat(container.apply(Site.generation(1)))
          .isEqualTo("Failed[message=cannot write /etc/haproxy.cfg: permission denied]");
    }
  }

  @Test
  void aFileThatIsAMountIsWrittenInPlace(@TempDir Path directory) throws Exception {
    Path file = mountable(directory);
    try (ChildContainer container =
        new ChildContainer(
            ChildContainer.TARGET, Mount.writable(file.toString(), ChildContainer.TARGET))) {
      container.start();

      assertThat(container.apply(Site.generation(1))).contains("Reloaded");
      assertThat(container.apply(Site.generation(2))).contains("Reloaded");

      assertThat(container.served()).isEqualTo("2");
      assertThat(file).hasContent(Site.generation(2));
      assertThat(container.getLogs()).contains("is written in place");
      assertThat(container.run("cat " + ChildContainer.TARGET + ".good"))
          .isEqualTo(Site.generation(2).strip());
    }
  }

  @Test
  void aMountInADirectoryThatMayNotBeWrittenIsWrittenInPlace(@TempDir Path directory)
      throws Exception {
    Path file = mountable(directory);
    try (ChildContainer container =
        new ChildContainer(
            "/etc/haproxy.cfg", Mount.writable(file.toString(), "/etc/haproxy.cfg"))) {
      container.start();

      assertThat(container.apply(Site.generation(1))).contains("Reloaded");
      assertThat(container.apply(Site.with(2, "bogus keyword"))).contains("Rejected");

      assertThat(container.served()).isEqualTo("1");
      assertThat(file).hasContent(Site.generation(1));
      assertThat(container.getLogs())
          .contains("half written: its directory /etc is read-only for this user")
          .doesNotContain("cross-device");
    }
  }

  private static Path mountable(Path directory) throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path file = Files.writeString(directory.resolve("mounted.cfg"), Site.generation(0));
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
  }
}
