package dev.rollcall.measure.faults;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.Machine;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.load.LoadRecord;
import dev.rollcall.measure.load.LoadTest;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code compose/measure/faults}: faults of the composed system. */
@Command(name = "faults", sortOptions = false)
public final class FaultsCommand extends FaultSuite<Fault> {
  @Option(names = "--secure")
  private boolean secure;

  private FaultsCommand() {
    super("faults", Fault.all());
  }

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new FaultsCommand(), arguments));
  }

  @Override
  protected String describe(Fault fault) {
    return super.describe(fault) + (fault.inSoak() ? "" : " (not in compose/measure/soak)");
  }

  @Override
  protected FaultableSystem<Fault> start(
      MeasurementRun session, boolean build, List<Fault> faults) {
    SystemUnderTest system = SystemUnderTest.start(session, build, secure, needs(faults));
    return new FaultableSystem<>() {
      @Override
      public String head() {
        return FaultsCommand.head(system);
      }

      @Override
      public void run(Fault fault, FaultReport report) {
        FaultsCommand.run(system, fault, report);
      }
    };
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
    Path directory = MeasurementRun.emptied(system.session().out().resolve(fault.name()));
    LoadTest load = beginLoad(system, directory, fault.slow(), Fault.LIMIT_SECONDS);
    FaultRun run = new FaultRun(system, load.requests());
    run.perform(fault);
    LoadRecord.Result result = load.result(load.end());
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
}
