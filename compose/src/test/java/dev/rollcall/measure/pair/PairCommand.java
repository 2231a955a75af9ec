package dev.rollcall.measure.pair;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.Machine;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import dev.rollcall.measure.faults.FaultReport;
import dev.rollcall.measure.faults.FaultSuite;
import dev.rollcall.measure.faults.Findings;
import dev.rollcall.measure.load.LoadRecord;
import dev.rollcall.measure.load.LoadTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code compose/measure/pair}: what happens to a pair of balancers. */
@Command(name = "pair", sortOptions = false)
public final class PairCommand extends FaultSuite<PairRow> {
  private static final int LIMIT_SECONDS = 600;

  /** Of load once all is well, for what comes late. */
  private static final Duration AFTERWARDS = Duration.ofSeconds(10);

  private PairCommand() {
    super("pair", PairRow.all());
  }

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new PairCommand(), arguments));
  }

  @Override
  protected FaultableSystem<PairRow> start(
      MeasurementRun session, boolean build, List<PairRow> rows) {
    session.prepare(
        Map.of(),
        build ? List.of("images", "vm", "jmeter", "package", "trial") : List.of("vm", "jmeter"));
    session.lock("pair");
    BalancerPair pair = BalancerPair.start(session);
    return new FaultableSystem<>() {
      @Override
      public String head() {
        return PairCommand.head(pair);
      }

      @Override
      public void run(PairRow row, FaultReport report) {
        PairCommand.run(pair, row, report);
      }
    };
  }

  private static void run(BalancerPair pair, PairRow row, FaultReport report) {
    MeasurementRun.say("== %s: %s", row.name(), row.words());
    row.before().on(pair);
    if (!Waiting.until(30, pair::serves)) {
      throw new ExitException(
          ExitException.FAILED, "the site does not answer; see " + pair.session().log());
    }
    Path directory = MeasurementRun.emptied(pair.session().out().resolve(row.name()));
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
    LoadRecord.Result result = load.result(load.end());
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
