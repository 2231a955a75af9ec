package dev.rollcall.measure.swarm;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.Machine;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import dev.rollcall.measure.faults.FaultReport;
import dev.rollcall.measure.faults.FaultsCommand;
import dev.rollcall.measure.load.LoadRecord;
import dev.rollcall.measure.load.LoadTest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code compose/measure/swarm}: one fault after the other, each under a load of its own. */
@Command(name = "swarm", sortOptions = false)
public final class SwarmCommand implements Callable<Integer> {
  private static final int START_SECONDS = 180;
  private static final int LOAD_SECONDS = 1800;
  private static final int CONTROL_PORT = 18_445;

  @Option(names = "--list")
  private boolean list;

  @Option(names = "--no-build")
  private boolean noBuild;

  @Option(names = "--out")
  private Path out = Path.of(MeasurementRun.environment("ROOT"), "compose/target/swarm");

  @Parameters private List<String> names = List.of();

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new SwarmCommand(), arguments));
  }

  @Override
  public Integer call() {
    if (list) {
      SwarmFault.all()
          .forEach(fault -> MeasurementRun.say("%-14s %s", fault.name(), fault.words()));
      return 0;
    }
    List<SwarmFault> faults =
        names.isEmpty() ? SwarmFault.all() : names.stream().map(SwarmCommand::fault).toList();
    try (MeasurementRun session = new MeasurementRun(out)) {
      FaultReport report = new FaultReport(session.out());
      SwarmSystem system = SwarmSystem.start(session, !noBuild);
      faults.forEach(fault -> run(system, fault, report));
      String text = head(session) + "\n" + report.table();
      MeasurementRun.say("%s", text.strip());
      FaultsCommand.write(session.out().resolve("swarm.md"), text);
      if (!report.allKept()) {
        throw new ExitException(
            ExitException.FAILED,
            "not every promise was kept; raw figures are in " + session.out());
      }
      session.succeeded();
      return 0;
    }
  }

  private static SwarmFault fault(String name) {
    return SwarmFault.named(name)
        .orElseThrow(
            () ->
                new ExitException(
                    ExitException.USAGE,
                    "no fault is called '%s'; see %s --list"
                        .formatted(name, MeasurementRun.environment("SCRIPT"))));
  }

  private static void run(SwarmSystem system, SwarmFault fault, FaultReport report) {
    MeasurementRun session = system.session();
    MeasurementRun.say("== %s: %s", fault.name(), fault.words());
    session
        .commands()
        .runOrFail(
            SwarmSystem.docker(
                1, "service", "scale", "--detach=true", SwarmSystem.NODES + "=" + fault.nodes()));
    awaitStart(system, fault.nodes());
    if (SwarmSystem.MACHINES.stream().anyMatch(each -> system.instances(List.of(each)).isEmpty())) {
      session.step("spread the nodes over the machines", system::spread);
      awaitStart(system, fault.nodes());
    }
    int balancer =
        switch (fault.balancer()) {
          case AWAY_FROM_LEADER -> system.leader(1) % 3 + 1;
          case FIRST -> 1;
          case SECOND -> 2;
          case THIRD -> 3;
        };
    Path directory = FaultsCommand.emptied(session.out().resolve(fault.name()));
    String host = SwarmSystem.host(balancer);
    LoadTest.warmUp(host, 80, fault.nodes());
    Process logs = system.followLogs(directory);
    LoadTest load =
        LoadTest.begin(session, directory, logs, host, 80, 0, LOAD_SECONDS, CONTROL_PORT);
    SwarmRun run = new SwarmRun(system, load.requests(), balancer);
    run.perform(fault);
    long end = load.end();
    SwarmSystem.collectDeliveries(directory);
    LoadRecord.Result result =
        load.requests().results(List.of(new LoadRecord.Window(load.begin(), end))).get(0);
    report.enter(fault.name(), fault.words(), fault.mayFail(), fault.mayFail(), result, run);
  }

  private static void awaitStart(SwarmSystem system, int nodes) {
    if (!Waiting.until(
        START_SECONDS,
        () ->
            system.instances(SwarmSystem.MACHINES).size() == nodes
                && system.voters(1) == 3
                && SwarmSystem.MACHINES.stream()
                    .allMatch(each -> system.poolIsRight(each, SwarmSystem.MACHINES)))) {
      throw new ExitException(
          ExitException.NOT_STARTED,
          "not every balancer has the %d nodes as its pool after %d s; see %s"
              .formatted(nodes, START_SECONDS, system.session().log()));
    }
  }

  /** What the figures are of. */
  private static String head(MeasurementRun session) {
    return """
        Machine: %s; three machines of namespaces on it. Commit %s. %s, %s.
        Load: %d requests a second, a quarter each of GET and POST over %d kept connections, and of both over new ones.
        """
        .formatted(
            Machine.description(),
            Machine.commit(session.commands()),
            session.fact("HAPROXY_IMAGE"),
            session.fact("CONSUL_IMAGE"),
            4 * LoadTest.RATE,
            LoadTest.KEPT_CONNECTIONS);
  }
}
