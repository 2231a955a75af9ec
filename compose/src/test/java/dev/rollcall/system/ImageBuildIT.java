package dev.rollcall.system;

import static dev.rollcall.system.Command.docker;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * When the scripts build the images of the applications, and when they do not. The engine and its
 * images are real; the tree is a small one, and {@code mvn} a script that makes an image which
 * carries the text of the sources.
 */
class ImageBuildIT {
  /** Of this run alone; the images have no other name. */
  private static final String TAG = "build-test-" + ProcessHandle.current().pid();

  private static final String WEB_NODE = "rollcall/web-node:" + TAG;
  private static final String LB_RENDERER = "rollcall/lb-renderer:" + TAG;
  private static final String BASE = "rollcall/build-test-base:" + TAG;

  private static final String MAVEN =
      """
      #!/bin/bash
      set -eu
      echo "$*" >>"$CALLS"
      for word; do
        case $word in
          -Dimage.tag=*) tag=${word#*=} ;;
          web-node | lb-renderer | web-node,lb-renderer | lb-renderer,web-node) modules=$word ;;
        esac
      done
      mkdir -p "$TREE/discovery-core/target/classes"
      for module in ${modules//,/ }; do
        mkdir -p "$TREE/$module/target/classes"
        # As Maven does: a class that is newer than its source is not compiled.
        class=$TREE/$module/target/classes/A.class
        [ "$class" -nt "$TREE/$module/src/main/A.java" ] || cat "$TREE/$module/src/main/A.java" >"$class"
        printf 'FROM %s\\nLABEL dev.rollcall.build-test="%s"\\n' "$JRE_IMAGE" "$(cat "$class")" \\
          | docker build -q -t "rollcall/$module:$tag" -
        if [ -n "${DURING:-}" ]; then eval "$DURING"; fi
      done
      """;

  @TempDir Path directory = Path.of("");
  private Path tree = directory;
  private final Map<String, String> settings = new HashMap<>();
  private final List<String> tags = new ArrayList<>(List.of(WEB_NODE, LB_RENDERER, BASE));

  @BeforeEach
  void prepare() throws IOException {
    tree = tree("tree");
    Path maven = Files.createDirectories(directory.resolve("bin")).resolve("mvn");
    Files.writeString(maven, MAVEN);
    assertThat(maven.toFile().setExecutable(true)).isTrue();
    base("one");
  }

  @AfterEach
  void removeImages() {
    Command.of("docker", "image", "rm", "-f").and(tags.toArray(String[]::new)).run();
  }

  private Path tree(String name) throws IOException {
    Path root = Files.createDirectory(directory.resolve(name));
    Files.writeString(root.resolve("pom.xml"), "<project/>");
    for (String module : List.of("discovery-core", "web-node", "lb-renderer")) {
      Path main = Files.createDirectories(root.resolve(module).resolve("src/main"));
      Files.createDirectories(root.resolve(module).resolve("src/test"));
      Files.writeString(root.resolve(module).resolve("pom.xml"), "<project/>");
      Files.writeString(main.resolve("A.java"), module + " 1");
    }
    return root;
  }

  private static void base(String content) {
    String build = "printf 'FROM scratch\\nLABEL content=%s\\n' | docker build -q -t %s -";
    Command.of("bash", "-c", build.formatted(content, BASE)).run().orFail();
  }

  private Command command(String shell) {
    Map<String, String> environment = new HashMap<>();
    environment.put("TOOLS", Stack.ROOT.resolve("compose/tools").toString());
    environment.put("TREE", tree.toString());
    environment.put("CALLS", calls().toString());
    environment.put("XDG_STATE_HOME", directory.resolve("state").toString());
    environment.put("JRE_IMAGE", BASE);
    environment.put("ROLLCALL_TAG", TAG);
    environment.put("PATH", directory.resolve("bin") + ":" + System.getenv("PATH"));
    environment.putAll(settings);
    String sources =
        "set -euo pipefail; . $TOOLS/lib/common.sh; . $TOOLS/lib/stack.sh; . $TOOLS/lib/build.sh;"
            + " ROOT=$TREE; drop_replaced_images() { :; }; open_log; ";
    return Command.of("bash", "-c", sources + shell).with(environment);
  }

  private Path calls() {
    return directory.resolve("calls");
  }

  /** The end of the tag that the scripts give to what is not certain yet. */
  private String buildingTag() {
    return Command.of("bash", "-c", "sha256sum <<<\"$0\" | cut -c 1-12", tree.toString()).output();
  }

  /** What was said; forgets how Maven was called before. */
  private String build() throws IOException {
    Files.writeString(calls(), "");
    return command("build_images '' web-node lb-renderer").run().orFail().out();
  }

  /** The modules of each call of Maven since the last build began. */
  private List<String> built() throws IOException {
    return Files.readAllLines(calls()).stream()
        .map(call -> call.replaceFirst(".* -pl (\\S+) .*", "$1"))
        .toList();
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(tree.resolve(file), text);
  }

  private static String content(String image) {
    String label = "{{index .Config.Labels \"dev.rollcall.build-test\"}}";
    return docker("image", "inspect", "-f", label, image);
  }

  @Test
  void whatHasNotChangedIsNotBuiltAndTheReasonIsToldForWhatHas() throws IOException {
    assertThat(build())
        .contains(WEB_NODE + ": there was no such image; is built")
        .contains(LB_RENDERER + ": there was no such image; is built");
    assertThat(built()).containsExactly("web-node,lb-renderer");

    assertThat(build())
        .contains(WEB_NODE + ": unchanged since 20", LB_RENDERER + ": unchanged since 20");
    assertThat(built()).isEmpty();

    write("web-node/src/main/A.java", "web-node 2");
    assertThat(build())
        .contains(WEB_NODE + ": web-node/src/main/A.java changed; is built")
        .contains(LB_RENDERER + ": unchanged since");
    assertThat(built()).containsExactly("web-node");
    assertThat(content(WEB_NODE)).isEqualTo("web-node 2");

    write("discovery-core/src/main/A.java", "discovery-core 2");
    write("pom.xml", "<project></project>");
    assertThat(build()).contains("discovery-core/src/main/A.java and 1 more changed; is built");
    assertThat(built()).containsExactly("web-node,lb-renderer");
  }

  @Test
  void testsTimesAndWhatIsBuiltAreNoReason() throws IOException {
    build();

    write("web-node/src/test/B.java", "a test");
    write("web-node/target/classes/B.class", "a class");
    Files.setLastModifiedTime(tree.resolve("pom.xml"), FileTime.from(Instant.now()));
    build();

    assertThat(built()).isEmpty();
  }

  /** Another module of the project would have to be among the inputs. */
  @Test
  void theApplicationsAreMadeOfNoModuleButDiscoveryCore() throws IOException {
    for (String module : List.of("web-node", "lb-renderer")) {
      String pom = Files.readString(Stack.ROOT.resolve(module).resolve("pom.xml"));
      assertThat(
              Pattern.compile(
                      "(?s)<dependency>\\s*<groupId>dev\\.rollcall</groupId>\\s*<artifactId>(.*?)<(.*?)</dependency>")
                  .matcher(pom)
                  .results()
                  .filter(dependency -> !dependency.group(2).contains("<scope>test</scope>"))
                  .map(dependency -> dependency.group(1)))
          .as(module)
          .isNotEmpty()
          .containsOnly("discovery-core");
    }
  }

  @Test
  void anImageWithAnArchiveIsMadeOfMoreThanOneWithout() {
    String plain = command("inputs_of web-node ''").output();
    String archived = command("inputs_of web-node yes").output();

    assertThat(archived).startsWith(plain + "\n").endsWith("  what makes archives of classes");
    assertThat(plain)
        .contains("  the JDK\n", "  the image of the Java runtime")
        .doesNotContain("lb-renderer", tree.toString());
  }

  /** As by {@code cp -p}, an unpacked archive, or a clock that was wrong. */
  @Test
  void aSourceThatIsOlderThanTheClassOfAnotherVersionIsCompiled() throws IOException {
    build();

    write("web-node/src/main/A.java", "web-node 0");
    Files.setLastModifiedTime(
        tree.resolve("web-node/src/main/A.java"), FileTime.from(Instant.EPOCH));
    build();

    assertThat(content(WEB_NODE)).isEqualTo("web-node 0");
  }

  @Test
  void classesThatSomethingElseHasCompiledAreNotUsed() throws IOException {
    build();
    write("lb-renderer/target/classes/A.class", "of an IDE");
    write("pom.xml", "<project></project>");

    build();

    assertThat(content(LB_RENDERER)).isEqualTo("lb-renderer 1");
  }

  @Test
  void anotherBaseImageUnderTheSameNameIsBuiltOn() throws IOException {
    build();

    base("two");
    assertThat(build()).contains(WEB_NODE + ": the image of the Java runtime changed; is built");

    base("one");
    assertThat(build()).contains(WEB_NODE + ": the image of the Java runtime changed; an image");
    assertThat(built()).isEmpty();
  }

  @Test
  void anotherTagOrOneThatWasTakenAwayIsGivenToTheImageThatIsThere() throws IOException {
    build();
    String id = docker("image", "inspect", "-f", "{{.Id}}", WEB_NODE);
    tags.addAll(List.of(WEB_NODE + "-other", LB_RENDERER + "-other"));
    settings.put("ROLLCALL_TAG", TAG + "-other");

    assertThat(build()).contains(WEB_NODE + "-other: there was no such image; an image of what");
    assertThat(built()).isEmpty();

    docker("image", "rm", WEB_NODE);
    settings.remove("ROLLCALL_TAG");
    build();
    assertThat(built()).isEmpty();
    assertThat(docker("image", "inspect", "-f", "{{.Id}}", WEB_NODE)).isEqualTo(id);
  }

  @Test
  void anImageThatWasRemovedIsBuiltAgain() throws IOException {
    build();

    docker("image", "rm", WEB_NODE);
    build();

    assertThat(built()).containsExactly("web-node");
  }

  /** It would inherit a label; its id is another one. */
  @Test
  void anImageThatWasMadeOfOursAndHasItsNameIsNotTakenForOurs() throws IOException {
    build();
    String derive = "printf 'FROM %s\\nLABEL more=true\\n' | docker build -q -t %s -";
    Command.of("bash", "-c", derive.formatted(WEB_NODE, WEB_NODE)).run().orFail();
    docker("image", "inspect", WEB_NODE);

    assertThat(build()).contains(WEB_NODE + ": what has that name was not built by this command");

    String more = "{{index .Config.Labels \"more\"}}";
    assertThat(docker("image", "inspect", "-f", more, WEB_NODE)).isEmpty();
  }

  @Test
  void twoTreesThatTakeTurnsEachGetTheirOwnAndAFreshCopyNeedsNoBuild() throws IOException {
    build();
    Path first = tree;
    tree = tree("second");
    write("web-node/src/main/A.java", "web-node of the second");
    assertThat(build()).contains(LB_RENDERER + ": unchanged since");
    assertThat(content(WEB_NODE)).isEqualTo("web-node of the second");
    tags.add(WEB_NODE + "-kept"); // as a container of the second does
    docker("tag", WEB_NODE, WEB_NODE + "-kept");

    tree = first;
    build();
    assertThat(content(WEB_NODE)).isEqualTo("web-node 1");

    tree = tree("copy of the second");
    write("web-node/src/main/A.java", "web-node of the second");
    build();
    assertThat(built()).isEmpty();
    assertThat(content(WEB_NODE)).isEqualTo("web-node of the second");
  }

  @Test
  void whatChangesWhileItIsCompiledIsBuiltOnceMore() throws IOException {
    settings.put(
        "DURING",
        "[ $(wc -l <\"$CALLS\") -gt 1 ] || echo 'web-node 2' >\"$TREE/web-node/src/main/A.java\"");

    build();

    assertThat(built()).hasSize(2);
    assertThat(content(WEB_NODE)).isEqualTo("web-node 2");
    settings.clear();
    build();
    assertThat(built()).isEmpty();
  }

  @Test
  void whatNeverRestsGetsNoTag() throws IOException {
    settings.put("DURING", "echo \"<!-- $(wc -l <\"$CALLS\") -->\" >>\"$TREE/pom.xml\"");
    Files.writeString(calls(), "");

    Command.Finished finished = command("build_images '' web-node lb-renderer").run();

    assertThat(finished.exit()).isEqualTo(1);
    assertThat(finished.err()).contains("changed during each of 3 builds");
    assertThat(Command.of("docker", "image", "inspect", WEB_NODE).run().exit()).isNotZero();
    assertThat(docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"))
        .doesNotContain("building-" + buildingTag());
  }

  @Test
  void anInterruptedBuildMovesNoTagAndIsBegunAgain() throws IOException {
    build();
    write("web-node/src/main/A.java", "web-node 2");
    settings.put("DURING", "kill -KILL $PPID $$");

    assertThat(command("build_images '' web-node lb-renderer").run().exit()).isNotZero();
    assertThat(content(WEB_NODE)).isEqualTo("web-node 1");

    settings.clear();
    build();
    assertThat(built()).containsExactly("web-node");
    assertThat(content(WEB_NODE)).isEqualTo("web-node 2");
  }
}
