package dev.rollcall.lb.update;

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
class UnwritableOutputIT {

  @Test
  void fullDiskFailsInOneLineAndLeavesTheFileUnchanged() throws Exception {
    String target = ChildHaproxyContainer.SMALL + "/haproxy.cfg";
    try (ChildHaproxyContainer container = new ChildHaproxyContainer(target)) {
      container.start();
      assertThat(container.apply(SiteConfigs.generation(1))).contains("Reloaded");
      String files = container.run("ls " + ChildHaproxyContainer.SMALL);

      String applied = container.apply(SiteConfigs.generation(2) + "# much\n".repeat(10_000));

      assertThat(applied)
          .isEqualTo(
              "Failed[message=cannot write " + target + ".candidate: No space left on device]");
      assertThat(container.run("cat " + target)).isEqualTo(SiteConfigs.generation(1).strip());
      assertThat(container.run("ls " + ChildHaproxyContainer.SMALL)).isEqualTo(files);
      assertThat(container.served()).isEqualTo("1");
      assertThat(container.apply(SiteConfigs.generation(3))).contains("Reloaded");
    }
  }

  @Test
  void readOnlyDirectoryFailsInOneLine() throws Exception {
    try (ChildHaproxyContainer container = new ChildHaproxyContainer("/etc/haproxy.cfg")) {
      container.start();

      assertThat(container.apply(SiteConfigs.generation(1)))
          .isEqualTo("Failed[message=cannot write /etc/haproxy.cfg: permission denied]");
    }
  }

  @Test
  void mountedFileIsWrittenInPlace(@TempDir Path directory) throws Exception {
    Path file = mountable(directory);
    try (ChildHaproxyContainer container =
        new ChildHaproxyContainer(
            ChildHaproxyContainer.TARGET,
            HostMounts.writable(file.toString(), ChildHaproxyContainer.TARGET))) {
      container.start();

      assertThat(container.apply(SiteConfigs.generation(1))).contains("Reloaded");
      assertThat(container.apply(SiteConfigs.generation(2))).contains("Reloaded");

      assertThat(container.served()).isEqualTo("2");
      assertThat(file).hasContent(SiteConfigs.generation(2));
      assertThat(container.getLogs()).contains("is written in place");
      assertThat(container.run("cat " + ChildHaproxyContainer.TARGET + ".good"))
          .isEqualTo(SiteConfigs.generation(2).strip());
    }
  }

  @Test
  void mountedFileInReadOnlyDirectoryIsWrittenInPlace(@TempDir Path directory) throws Exception {
    Path file = mountable(directory);
    try (ChildHaproxyContainer container =
        new ChildHaproxyContainer(
            "/etc/haproxy.cfg", HostMounts.writable(file.toString(), "/etc/haproxy.cfg"))) {
      container.start();

      assertThat(container.apply(SiteConfigs.generation(1))).contains("Reloaded");
      assertThat(container.apply(SiteConfigs.with(2, "bogus keyword"))).contains("Rejected");

      assertThat(container.served()).isEqualTo("1");
      assertThat(file).hasContent(SiteConfigs.generation(1));
      assertThat(container.getLogs())
          .contains("half written: its directory /etc is read-only for this user")
          .doesNotContain("cross-device");
    }
  }

  private static Path mountable(Path directory) throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path file = Files.writeString(directory.resolve("mounted.cfg"), SiteConfigs.generation(0));
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
  }
}
