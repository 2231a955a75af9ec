package dev.rollcall.measure.pair;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.Machine;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import dev.rollcall.measure.faults.FaultReport;
import dev.rollcall.measure.faults.FaultsCommand;
import dev.rollcall.measure.faults.Findings;
import dev.rollcall.measure.load.LoadRecord;
import dev.rollcall.measure.load.LoadTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code compose/measure/pair}: what happens to a pair of balancers, each under a load. */
@Command(name = "pair", sortOptions = false)
public final class PairCommand implements Callable<Integer> {
  private static final int LIMIT_SECONDS = 600;

  /** Of load once all is well, for what comes late. */
  private static final Duration AFTERWARDS = Duration.ofSeconds(10);

  @Option(names = "--list")
  private boolean list;

  @Option(names = "--no-build")
  private boolean noBuild;

  @Option(names = "--out")
  private Path out = Path.of(MeasurementRun.environment("ROOT"), "compose/target/pair");

  @Parameters private List<String> names = List.of();

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new PairCommand(), arguments));
  }

  @Override
  public Integer call() {
    if (list) {
      PairRow.all().forEach(row -> MeasurementRun.say("%-10s %s", row.name(), row.words()));
      return 0;
    }
    List<PairRow> rows =
        names.isEmpty() ? PairRow.all() : names.stream().map(PairCommand::row).toList();
    try (MeasurementRun session = new MeasurementRun(out)) {
      session.prepare(
          Map.of(),
          noBuild ? List.of("vm", "jmeter") : List.of("images", "vm", "jmeter", "build", "trial"));
      session.lock("pair");
      FaultReport report = new FaultReport(session.out());
      BalancerPair pair = BalancerPair.start(session);
      rows.forEach(row -> run(pair, row, report));
      String text = head(pair) + "\n" + report.table();
      MeasurementRun.say("%s", text.strip());
      FaultsCommand.write(session.out().resolve("pair.md"), text);
      if (!report.allKept()) {
        throw new ExitException(
            ExitException.FAILED,
            "not every promise was kept; raw figures are in " + session.out());
      }
      session.succeeded();
      return 0;
    }
  }

  private static PairRow row(String name) {
    return PairRow.all().stream()
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new ExitException(
                    ExitException.USAGE,
                    "no row is called '%s'; see %s --list"
                        .formatted(name, MeasurementRun.environment("SCRIPT"))));
  }

  private static void run(BalancerPair pair, PairRow row, FaultReport report) {
    MeasurementRun.say("== %s: %s", row.name(), row.words());
    row.before().on(pair);
    if (!Waiting.until(30, pair::serves)) {
      throw new ExitException(
          ExitException.FAILED, "the site does not answer; see " + pair.session().log());
    }
    Path directory = FaultsCommand.emptied(pair.session().out().resolve(row.name()));
    LoadTest.warmUp(pair.address(), 80, BalancerPair.NODES);
    LoadTest load =
        LoadTest.begin(
            pair.session(),
            directory,
            pair.followDeliveries(directory.resolve("deliveries.log")),
            pair.address(),
            80,
            0,
            LIMIT_SECONDS,
            Integer.parseInt(MeasurementRun.environment("STATUS_PORT")));
    Findings findings = new Findings();
    row.action().accept(pair, findings);
    Waiting.sleep(AFTERWARDS);
    findings.expect("and stayed so", pair::serves);
    long end = load.end();
    LoadRecord.Result result =
        load.requests().results(List.of(new LoadRecord.Window(load.begin(), end))).get(0);
    report.enter(row.name(), row.words(), row.mayFail(), row.mayFail(), result, findings);
    row.after().on(pair);
  }

  private static String head(BalancerPair pair) {
    return """
        Machine: %s, load average %s. Commit %s. %s.
        Load: %d requests a second, a quarter each of GET and POST over %d kept connections, and of both over new ones.
        """
        .formatted(
            Machine.description(),
            Machine.loadAverage(),
            Machine.commit(pair.commands()),
            pair.description(),
            4 * LoadTest.RATE,
            LoadTest.KEPT_CONNECTIONS);
  }
}
