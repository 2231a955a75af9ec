package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrphanedMasterTest {

  @TempDir Path temporary;
  private Path directory;
  private Path config;

  @BeforeEach
  void files() throws IOException {
    directory = temporary.toRealPath();
    config = Files.writeString(directory.resolve("haproxy.cfg"), "");
  }

  @Test
  void recognizesMasterByItsArgumentsAlone() {
    assertThat(socket("/opt/wrapper", "-W", "-db", "-S", "/x/m.sock,mode,600", "-f", config))
        .contains(Path.of("/x/m.sock"));
    // As a reload leaves it.
    assertThat(
            socket(
                "haproxy", "-sf", "8", "-x", "sockpair@7", "-W", "-S", "/x/m.sock", "-f", config))
        .contains(Path.of("/x/m.sock"));
  }

  @Test
  void recognizesConfigurationThroughLinks() throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("link.cfg"), config);
    Path linked = Files.createSymbolicLink(directory.resolve("d"), directory);

    assertThat(socket("haproxy", "-W", "-S", "/m", "-f", link)).isPresent();
    assertThat(socket("haproxy", "-W", "-S", "/m", "-f", linked.resolve("haproxy.cfg")))
        .isPresent();
    assertThat(socket("haproxy", "-W", "-S", "/m", "-f", directory + "/x/../haproxy.cfg"))
        .isPresent();
    Files.delete(config);
    assertThat(socket("haproxy", "-W", "-S", "/m", "-f", linked.resolve("haproxy.cfg")))
        .isPresent();
  }

  @Test
  void ignoresOtherProcesses() throws IOException {
    Path other = Files.writeString(directory.resolve("other.cfg"), "");

    assertThat(socket("haproxy", "-W", "-S", "/m", "-f", other)).isEmpty();
    assertThat(socket("haproxy", "-c", "-f", config)).isEmpty();
    assertThat(socket("haproxy", "-W", "-f", config, "-S")).isEmpty();
    assertThat(socket()).isEmpty();
  }

  @Test
  void findsNoneForAnUnusedConfiguration() {
    assertThat(OrphanedMaster.find(config)).isEmpty();
  }

  private Optional<Path> socket(Object... words) {
    return OrphanedMaster.masterSocket(
        Stream.of(words).map(String::valueOf).toList(),
        OrphanedMaster.real(directory.resolve("haproxy.cfg")));
  }
}
