package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A library that is banned, or banned below some version, fails the build of whoever asks for it.
 */
class BannedVersionsIT {
  private static final Pattern BAN =
      Pattern.compile("<exclude>([^:<]+):([^:<]+)(:\\(,[^)<]+\\))?</exclude>");

  @TempDir Path directory = Path.of("");

  @Test
  void eachBannedLibraryFailsTheBuildByName() throws IOException {
    List<String> banned = banned();
    assertThat(banned).hasSizeGreaterThan(10);

    Command.Finished finished = validate(banned);

    assertThat(finished.exit()).as("%s", finished).isNotZero();
    for (String library : banned) {
      String listed = library.replaceFirst(":([^:]+)$", ":jar:$1 <--- banned");
      assertThat(finished.out()).contains(listed);
    }
    assertThat(finished.out().split("banned via", -1)).hasSize(banned.size() + 1);
  }

  @Test
  void aLibraryThatIsNotBannedDoesNotFailTheBuild() throws IOException {
    validate(List.of("com.google.code.gson:gson:2.8.9")).orFail();
  }

  /** One library for each ban, the version far below the limit. */
  private static List<String> banned() throws IOException {
    return BAN.matcher(Files.readString(Stack.ROOT.resolve("pom.xml")))
        .results()
        .map(ban -> ban.group(1) + ":" + ban.group(2).replace("*", "some-part") + ":0.1")
        .toList();
  }

  /** Has Maven look at a project of this house that asks for these. */
  private Command.Finished validate(List<String> libraries) throws IOException {
    Path pom = directory.resolve("pom.xml");
    Files.writeString(
        pom,
        """
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <parent>
            <groupId>dev.rollcall</groupId>
            <artifactId>rollcall</artifactId>
            <version>0.1.0-SNAPSHOT</version>
            <relativePath>%s</relativePath>
          </parent>
          <artifactId>guest</artifactId>
          <dependencies>
        %s  </dependencies>
        </project>
        """
            .formatted(
                directory
                    .toAbsolutePath()
                    .relativize(Stack.ROOT.resolve("pom.xml").toAbsolutePath()),
                libraries.stream().map(this::dependency).collect(Collectors.joining())));
    return Command.of("mvn", "-o", "-B", "-ntp", "-f", pom.toString(), "validate").run();
  }

  /** Of scope "system", as nothing has to be fetched then. */
  private String dependency(String library) {
    String[] parts = library.split(":", -1);
    return """
        <dependency>
          <groupId>%s</groupId>
          <artifactId>%s</artifactId>
          <version>%s</version>
          <scope>system</scope>
          <systemPath>%s</systemPath>
        </dependency>
    """
        .formatted(parts[0], parts[1], parts[2], directory.resolve("pom.xml").toAbsolutePath());
  }
}
