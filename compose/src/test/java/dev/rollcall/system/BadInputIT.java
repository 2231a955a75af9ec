package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A wrong word on a command line: one line that says what, where and what to do, and a known exit
 * code.
 */
class BadInputIT {
  @TempDir Path directory = Path.of("");

  @Test
  void aTemplateThatIsMissingIsNamed() {
    Path missing = directory.resolve("no-such.mustache");

    oneLine(renderer("--template", missing.toString()), 3, missing.toString());
  }

  @Test
  void aSyntaxErrorInATemplateIsNamedByLineAndColumn() throws Exception {
    Path template =
        Files.writeString(directory.resolve("bad.mustache"), "global\n  {{#services.web}}\n");

    oneLine(renderer("--template", template.toString()), 3, template + ":2:");
  }

  @Test
  void anOutputThatCannotBeWrittenIsNamed() {
    Path output = Path.of("/proc/haproxy.cfg");

    oneLine(renderer("--output", output.toString(), "--once"), 4, output.toString());
  }

  @Test
  void anUnknownOptionIsNamed() {
    oneLine(renderer("--tempalte", "x"), 2, "--tempalte");
  }

  @Test
  void anAddressOfConsulThatIsNoUrlIsRefused() {
    oneLine(
        renderer("render").with(Map.of("CONSUL_HTTP_ADDR", "http://[nonsense")),
        2,
        "CONSUL_HTTP_ADDR");
    oneLine(webNode().with(Map.of("CONSUL_HTTP_ADDR", "http://[nonsense")), 2, "CONSUL_HTTP_ADDR");
  }

  @Test
  void aPortThatIsNoneIsRefused() {
    oneLine(webNode().with(Map.of("PORT", "eighty")), 2, "PORT");
    oneLine(webNode().with(Map.of("PORT", "70000")), 2, "PORT");
    oneLine(renderer("--listen", "127.0.0.1:99999"), 2, "--listen");
  }

  @Test
  void aFaultThatDoesNotExistIsNamed() {
    oneLine(Command.of("compose/measure/faults", "earthquake"), 2, "earthquake");
  }

  @Test
  void aRoleThatDoesNotExistIsAnsweredByThoseThatDo() {
    oneLine(Command.of("compose/tools/secure", "rotate", "everyone"), 2, "web-node");
  }

  private static void oneLine(Command command, int exit, String named) {
    Command.Finished finished = command.run();
    assertThat(finished.exit()).as("exit code of %s", finished).isEqualTo(exit);
    assertThat(finished.err().strip().lines()).as("%s", finished).hasSize(1);
    assertThat(finished.err()).contains(named).doesNotContain("Exception");
  }

  private static Command renderer(String... flags) {
    return java("lb-renderer/target/lb-renderer.jar", flags);
  }

  private static Command webNode() {
    return java("web-node/target/web-node.jar");
  }

  private static Command java(String jar, String... flags) {
    return Command.java(jar).and(flags);
  }
}
