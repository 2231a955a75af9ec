package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What all commands of {@code compose/} have in common. */
class ScriptsIT {
  private static final List<String> FOLDERS =
      List.of(".ci", "compose", "compose/tools", "compose/measure");

  @TempDir Path directory = Path.of("");

  @TestFactory
  Stream<DynamicTest> everyCommandExplainsItself() throws IOException {
    List<String> commands = new ArrayList<>();
    for (String folder : FOLDERS) {
      try (Stream<Path> files = Files.list(Stack.ROOT.resolve(folder))) {
        files
            .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
            .forEach(file -> commands.add(folder + "/" + file.getFileName()));
      }
    }
    assertThat(commands).contains("compose/up", "compose/tools/engine", "compose/measure/faults");
    return commands.stream()
        .map(command -> DynamicTest.dynamicTest(command, () -> explainsItself(command)));
  }

  private static void explainsItself(String command) {
    assertThat(Command.of(command, "--help").output())
        .startsWith(command + " — ")
        .contains("usage: " + command);
  }

  /** Besides what runs and builds leave, which is under no version control. */
  @Test
  void aNewcomerSeesTheCommandsTheCompositionAndFoldersForTheRest() throws IOException {
    try (Stream<Path> files = Files.list(Stack.ROOT.resolve("compose"))) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> !name.startsWith(".") && !name.matches("target|secrets")))
          .containsExactlyInAnyOrder(
              "README.md",
              "compose.yml",
              "php",
              "php.yml",
              "secure.yml",
              "spring",
              "spring.yml",
              "stack.yml",
              "templates",
              "up",
              "down",
              "swarm",
              "test",
              "tools",
              "measure",
              "pom.xml",
              "src");
    }
  }

  @Test
  void aSecondRunSaysThatItWaitsAndGoesOnWhenTheFirstHasEnded() {
    String first =
        "mkdir -p $XDG_STATE_HOME/rollcall; flock $XDG_STATE_HOME/rollcall/$LOCK sleep 2";
    Command.Finished second =
        Command.of("bash", "-c", "{ " + first + "; } & sleep 1; compose/down; wait")
            .with(Map.of("XDG_STATE_HOME", directory.toString(), "LOCK", "up-rollcall-no-one.lock"))
            .with(Map.of("COMPOSE_PROJECT_NAME", "rollcall-no-one"))
            .run()
            .orFail();

    assertThat(second.out()).contains("Waiting for another run", "stop and remove rollcall-no-one");
  }
}
