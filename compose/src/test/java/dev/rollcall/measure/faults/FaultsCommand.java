package dev.rollcall.measure.faults;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.Machine;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.load.LoadRecord;
import dev.rollcall.measure.load.LoadTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code compose/measure/faults}: one fault after the other, each under a load of its own. */
@Command(name = "faults", sortOptions = false)
public final class FaultsCommand implements Callable<Integer> {
  @Option(names = "--list")
  private boolean list;

  @Option(names = "--secure")
  private boolean secure;

  @Option(names = "--no-build")
  private boolean noBuild;

  @Option(names = "--out")
  private Path out = Path.of(MeasurementRun.environment("ROOT"), "compose/target/faults");

  @Parameters private List<String> names = List.of();

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new FaultsCommand(), arguments));
  }

  @Override
  public Integer call() {
    if (list) {
      Fault.all()
          .forEach(
              fault ->
                  MeasurementRun.say(
                      "%-10s %s%s",
                      fault.name(),
                      fault.words(),
                      fault.inSoak() ? "" : " (not in compose/measure/soak)"));
      return 0;
    }
    List<Fault> faults =
        names.isEmpty() ? Fault.all() : names.stream().map(FaultsCommand::fault).toList();
    try (MeasurementRun session = new MeasurementRun(out)) {
      FaultReport report = new FaultReport(session.out());
      SystemUnderTest system = SystemUnderTest.start(session, !noBuild, secure, needs(faults));
      faults.forEach(fault -> run(system, fault, report));
      String text = head(system) + "\n" + report.table();
      MeasurementRun.say("%s", text.strip());
      write(session.out().resolve("faults.md"), text);
      if (!report.allKept()) {
        throw new ExitException(
            ExitException.FAILED,
            "not every promise was kept; raw figures are in " + session.out());
      }
      session.succeeded();
      return 0;
    }
  }

  private static Fault fault(String name) {
    return Fault.named(name)
        .orElseThrow(
            () ->
                new ExitException(
                    ExitException.USAGE,
                    "no fault is called '%s'; see %s --list"
                        .formatted(name, MeasurementRun.environment("SCRIPT"))));
  }

  /** What these faults need of this machine. */
  static List<String> needs(List<Fault> faults) {
    return faults.stream().flatMap(fault -> fault.needs().stream()).distinct().toList();
  }

  private static void run(SystemUnderTest system, Fault fault, FaultReport report) {
    // A secured Consul keeps its data.
    String words = system.isSecure() ? fault.words().replace("data gone", "data") : fault.words();
    MeasurementRun.say("== %s: %s", fault.name(), words);
    if (!system.scale(fault.nodes())) {
      throw new ExitException(
          ExitException.FAILED,
          "Compose could not see to %d nodes; see %s"
              .formatted(fault.nodes(), system.session().log()));
    }
    system.awaitStart(fault.nodes());
    Path directory = emptied(system.session().out().resolve(fault.name()));
    LoadTest load = beginLoad(system, directory, fault.slow(), Fault.LIMIT_SECONDS);
    FaultRun run = new FaultRun(system, load.requests());
    run.perform(fault);
    long end = load.end();
    LoadRecord.Result result =
        load.requests().results(List.of(new LoadRecord.Window(load.begin(), end))).get(0);
    report.enter(fault.name(), words, fault.getMayFail(), fault.postMayFail(), result, run);
  }

  /** The load on a system whose nodes are warm, and the record of what is delivered to them. */
  static LoadTest beginLoad(SystemUnderTest system, Path directory, int slow, int seconds) {
    LoadTest.warmUp("127.0.0.1", system.httpPort, system.nodes().size());
    Process deliveries =
        system
            .commands()
            .start(
                directory.resolve("deliveries.log"),
                system.composeCommand(
                    List.of(), "logs", "--follow", "--no-log-prefix", "--no-color", "web-node"));
    return LoadTest.begin(
        system.session(),
        directory,
        deliveries,
        "127.0.0.1",
        system.httpPort,
        slow,
        seconds,
        system.statusPort);
  }

  /** What the figures are of. */
  static String head(SystemUnderTest system) {
    return """
        Machine: %s. Commit %s. %s.
        Load: %d requests a second, a quarter each of GET and POST over %d kept connections, and of both over new ones.
        """
        .formatted(
            Machine.description(),
            Machine.commit(system.commands()),
            system.description(),
            4 * LoadTest.RATE,
            LoadTest.KEPT_CONNECTIONS);
  }

  /** The directory without what an earlier run has left there. */
  public static Path emptied(Path directory) {
    try {
      if (Files.exists(directory)) {
        try (Stream<Path> files = Files.walk(directory)) {
          for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
      return Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a file anew. */
  public static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
