package dev.rollcall.lb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServedPoolsFileTest {
  private static final ServiceInstance ODD =
      ServiceInstance.builder("web", "2001:db8::1", 8080)
          .id("w \"1\"\n")
          .node("n1")
          .tags(List.of("a", "ü"))
          .meta(Map.of("k", "</v>"))
          .weight(0)
          .status(HealthStatus.WARNING)
          .datacenter("dc1")
          .build();

  @TempDir private Path directory;

  private Path config = Path.of("");
  private Path pools = Path.of("");

  @BeforeEach
  void beside() {
    config = directory.resolve("haproxy.cfg");
    pools = directory.resolve("haproxy.cfg.pools");
  }

  private ServedPoolsFile file() {
    return new ServedPoolsFile(new ConfigFile(config));
  }

  @Test
  void theNextRunLoadsWhatThisOneSaved() {
    file().save(Map.of("web", List.of(ODD), "pay", List.of()));
    assertThat(file().load()).isEqualTo(Map.of("web", List.of(ODD), "pay", List.of()));
    file().save(Map.of("pay", List.of()));
    assertThat(file().load()).containsOnlyKeys("pay");
  }

  @Test
  void keepsWhoHasWhichRoute() throws IOException {
    assertThat(file().loadRouteOwners()).isEmpty();
    file().saveRouteOwners(Map.of("a.example.org/", "web"));
    assertThat(file().loadRouteOwners()).isEqualTo(Map.of("a.example.org/", "web"));
    for (String corrupt : List.of("", "{", "[]", "null", "{\"a\":null}", "{\"a\":{}}")) {
      Files.writeString(directory.resolve(config.getFileName() + ".routes"), corrupt);
      assertThat(file().loadRouteOwners()).as(corrupt).isEmpty();
    }
  }

  @Test
  void isEmptyBeforeTheFirstRun() {
    assertThat(file().load()).isEmpty();
  }

  @Test
  void hasThePermissionsOfTheConfiguration() throws IOException {
    Files.createFile(
        config, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    file().save(Map.of("web", List.of(ODD)));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(pools)))
        .isEqualTo("rw-------");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "{\"web\":{}}",
        "{\"web\":null}",
        "{\"web\":[null]}",
        "{\"web\":[{}]}",
        "{\"web\":[{\"id\":\"a\",\"service\":\"web\",\"node\":\"n\",\"address\":\"h\",\"port\":1,"
            + "\"tags\":[null],\"meta\":{},\"weight\":1,\"status\":\"PASSING\",\"datacenter\":\"\"}]}",
        "{\"web\":[{\"id\":\"a\",\"service\":\"web\",\"node\":\"n\",\"address\":\"h\",\"port\":1,"
            + "\"tags\":[],\"meta\":{},\"weight\":1,\"status\":\"GOOD\",\"datacenter\":\"\"}]}",
      })
  void isIgnoredWhenItIsCorrupt(String text) throws IOException {
    Files.writeString(pools, text);
    assertThat(file().load()).isEmpty();
  }

  @Test
  void survivesADirectoryThatIsGone() throws IOException {
    ServedPoolsFile file = file();
    Files.delete(directory);
    file.save(Map.of("web", List.of(ODD)));
    assertThat(file.load()).isEmpty();
    Files.createDirectory(directory);
  }
}
