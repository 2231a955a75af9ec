package dev.rollcall.measure.versions;

import dev.rollcall.measure.CommandRunner;
import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.Machine;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.versions.VersionTable.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;

/**
 * {@code compose/measure/versions}: brings docs/versions.md up to date with the reports of the
 * integration tests that were run last. Images and the engine are asked for their versions.
 */
@Command(name = "versions")
public final class VersionsCommand implements Callable<Integer> {

  private static final List<String> MODULES =
      List.of("discovery-core", "web-node", "lb-renderer", "compose");

  /** Directories of reports, and what is said of the tests in them. */
  private static final Map<String, String> REPORTS =
      Map.of(
          "failsafe-reports", "%s",
          "second-jdk-failsafe-reports", "%s",
          "old-consul-failsafe-reports", "%s, tag every-consul");

  /** Some programs say more than their version, and some begin with a {@code v}. */
  private static final Pattern VERSION = Pattern.compile("\\d+(?:\\.\\d+)+");

  private final Map<String, String> versions = new HashMap<>();

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new VersionsCommand(), arguments));
  }

  @Override
  public Integer call() throws IOException {
    Path root = Path.of(MeasurementRun.environment("ROOT"));
    try (MeasurementRun run = new MeasurementRun(root.resolve("compose/target/versions"))) {
      CommandRunner commands = run.commands();
      TestCounts counts = new TestCounts(image -> versionIn(image, commands));
      String engine = version("Docker", commands, "docker", "version", "-f", "{{.Server.Version}}");
      String compose = version("Compose", commands, "docker", "compose", "version", "--short");
      LocalDate last = LocalDate.EPOCH;
      for (String module : MODULES) {
        for (Map.Entry<String, String> kind : REPORTS.entrySet()) {
          Path directory = root.resolve(module).resolve("target").resolve(kind.getKey());
          List<TestReport> reports = TestReport.in(directory);
          for (TestReport report : reports) {
            counts.add(module, kind.getValue().formatted(module), report, engine, compose);
          }
          if (!reports.isEmpty()) {
            LocalDate written =
                LocalDate.ofInstant(
                    Files.getLastModifiedTime(directory).toInstant(), ZoneOffset.UTC);
            last = written.isAfter(last) ? written : last;
          }
        }
      }
      List<Row> rows = counts.rows(last + ", " + Machine.commit(commands));
      if (rows.isEmpty()) {
        throw new ExitException(
            ExitException.FAILED,
            "no report of integration tests in */target; run compose/test first");
      }
      Path page = root.resolve("docs/versions.md");
      String text = Files.readString(page);
      Files.writeString(page, VersionTable.in(text).with(rows).into(text));
      rows.forEach(
          row ->
              MeasurementRun.say(
                  "%s %s: %s: %d passed, %d failed, %d left out",
                  row.product(),
                  row.version(),
                  row.tests(),
                  row.passed(),
                  row.failed(),
                  row.leftOut()));
      run.succeeded();
    }
    return 0;
  }

  /** What the program in an image says of itself; each image is asked once. */
  private String versionIn(String image, CommandRunner commands) {
    return versions.computeIfAbsent(
        image,
        name -> {
          List<String> program =
              name.contains("consul")
                  ? List.of("consul", "version")
                  : name.contains("haproxy")
                      ? List.of("haproxy", "-v")
                      : List.of("java", "--version");
          return version(
              name,
              commands,
              "docker",
              "run",
              "--rm",
              "--network=none",
              "--entrypoint=" + program.get(0),
              name,
              program.get(1));
        });
  }

  private static String version(String of, CommandRunner commands, String... words) {
    String said = commands.readOrFail(words);
    Matcher matcher = VERSION.matcher(said);
    if (!matcher.find()) {
      throw new ExitException(ExitException.FAILED, of + " says no version but: " + said);
    }
    return matcher.group();
  }
}
