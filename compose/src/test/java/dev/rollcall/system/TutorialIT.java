package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands of {@code docs/tutorial/compose.md}, one after the other as they stand there, in a
 * copy of the source. Only the ports are others, as the page allows.
 */
class TutorialIT {
  private static final Path PAGE = Stack.ROOT.resolve("docs/tutorial/compose.md");
  private static final Pattern COMMANDS = Pattern.compile("(?ms)^```sh\\n(.*?)^```$");
  private static final Pattern NODES = Pattern.compile("(?m)^compose/up (\\d+)$");
  private static final Pattern EXPORTED = Pattern.compile("([A-Z_]+)=");

  // What in a block of commands says which promise of the page is looked at after it.
  private static final String ASKS_THE_SITE = "curl -s http://localhost/;";
  private static final String ASKS_WHETHER_READY = "/readyz";
  private static final String CHANGES_THE_NODES = "sed -i";

  /** What a build leaves, and what only this checkout has. */
  private static final Set<String> LEFT_OUT = Set.of(".git", "target", "secrets");

  /** Of this run alone: the page edits a node, and its image must not become anybody else's. */
  private static final String TAG = "tutorial-" + ProcessHandle.current().pid();

  private static final Duration LIMIT = Duration.ofMinutes(8);

  @TempDir Path directory = Path.of("");

  private final Map<String, String> settings =
      new HashMap<>(Stack.environmentOf("rollcall-tutorial"));
  private final Stack stack = new Stack("rollcall-tutorial", settings);

  TutorialIT() {
    settings.put("ROLLCALL_TAG", TAG);
  }

  @AfterEach
  void removeAll() {
    stack.close();
    Command.of("docker", "image", "rm", "-f", "rollcall/web-node:" + TAG)
        .and("rollcall/lb-renderer:" + TAG)
        .run();
  }

  @Test
  void itsCommandsDoWhatItSays() throws IOException {
    copy(Stack.ROOT, directory);
    List<String> blocks =
        COMMANDS.matcher(Files.readString(PAGE)).results().map(block -> block.group(1)).toList();
    assertThat(EXPORTED.matcher(blocks.get(0)).results().map(name -> name.group(1)))
        .isNotEmpty()
        .allMatch(settings::containsKey);
    for (String command : List.of(ASKS_THE_SITE, ASKS_WHETHER_READY, CHANGES_THE_NODES)) {
      assertThat(blocks).as(command).anyMatch(block -> block.contains(command));
    }

    for (String block : blocks.subList(1, blocks.size())) {
      String printed = run(block);
      Matcher nodes = NODES.matcher(block);
      if (nodes.find()) {
        int wanted = Integer.parseInt(nodes.group(1));
        assertThat(stack.hostNames()).as(block).hasSize(wanted);
        assertThat(printed).as(block).contains(stack.hostNames());
      } else if (block.contains(ASKS_THE_SITE)) {
        assertThat(stack.hostNames()).as(block).containsAll(printed.lines().toList());
      } else if (block.contains(ASKS_WHETHER_READY)) {
        assertThat(printed).as(block).startsWith("ok").contains(stack.hostNames());
      }
      if (block.contains(CHANGES_THE_NODES)) {
        assertThat(stack.site().get("/", "text/html").body()).as(block).contains("#8a2be2");
      }
    }
    assertThat(stack.containers()).isEmpty();
  }

  private String run(String block) {
    String commands =
        block
            .replace("http://localhost/", "http://localhost:$HTTP_PORT/")
            .replace("http://localhost:8404/", "http://localhost:$STATUS_PORT/")
            .replace("'http://localhost:8500/v1/health/service/web?passing'", "\"$PASSING\"");
    String passing = stack.consul("/v1/health/service/web?passing").toString();
    return Command.of("bash", "-euo", "pipefail", "-c", "cd \"$TREE\"\n" + commands)
        .with(settings)
        .with(Map.of("TREE", directory.toString(), "PASSING", passing))
        .within(LIMIT)
        .output();
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes)
              throws IOException {
            if (LEFT_OUT.contains(each.getFileName().toString())) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(to.resolve(from.relativize(each)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path each, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(each, to.resolve(from.relativize(each)));
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
