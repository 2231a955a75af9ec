package dev.rollcall.measure.swarm;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.Machine;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import dev.rollcall.measure.faults.FaultReport;
import dev.rollcall.measure.faults.FaultSuite;
import dev.rollcall.measure.load.LoadTest;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;

/** {@code compose/measure/swarm}: faults of three machines in a Swarm. */
@Command(name = "swarm", sortOptions = false)
public final class SwarmCommand extends FaultSuite<SwarmFault> {
  private static final int START_SECONDS = 180;
  private static final int LOAD_SECONDS = 1800;
  private static final int CONTROL_PORT = 18_445;

  private SwarmCommand() {
    super("swarm", SwarmFault.all());
  }

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new SwarmCommand(), arguments));
  }

  @Override
  protected FaultableSystem<SwarmFault> start(
      MeasurementRun session, boolean build, List<SwarmFault> faults) {
    SwarmSystem system = SwarmSystem.start(session, build);
    return new FaultableSystem<>() {
      @Override
      public String head() {
        return SwarmCommand.head(session);
      }

      @Override
      public void run(SwarmFault fault, FaultReport report) {
        SwarmCommand.run(system, fault, report);
      }
    };
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
    Path directory = MeasurementRun.emptied(session.out().resolve(fault.name()));
    String host = SwarmSystem.host(balancer);
    LoadTest.warmUp(host, 80, fault.nodes());
    Process logs = system.followLogs(directory);
    LoadTest load =
        LoadTest.begin(session, directory, logs, host, 80, 0, LOAD_SECONDS, CONTROL_PORT);
    SwarmRun run = new SwarmRun(system, load.requests(), balancer);
    run.perform(fault);
    long end = load.end();
    SwarmSystem.collectDeliveries(directory);
    report.enter(
        fault.name(), fault.words(), fault.mayFail(), fault.mayFail(), load.result(end), run);
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
