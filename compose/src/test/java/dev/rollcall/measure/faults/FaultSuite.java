package dev.rollcall.measure.faults;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.MeasurementRun;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * A command that does one fault after the other to a system, each under a load of its own, and
 * prints a table with a row for each. Used by one thread.
 *
 * @param <F> the faults that it can do
 */
public abstract class FaultSuite<F extends FaultSuite.NamedFault> implements Callable<Integer> {
  private final String name;
  private final List<F> all;

  @Option(names = "--list")
  private boolean list;

  @Option(names = "--no-build")
  private boolean noBuild;

  @Option(names = "--out")
  private Path out;

  @Parameters private List<String> names = List.of();

  /** What is common to the faults of all systems. */
  public interface NamedFault {
    /** What it is called on the command line. */
    String name();

    /** What is done. */
    String words();
  }

  /** A system that runs, and has faults done to it. */
  public interface FaultableSystem<F> {
    /** What the figures are of, in a few lines. */
    String head();

    /** Says what it does, does it under a load, and enters its row. */
    void run(F fault, FaultReport report);
  }

  /**
   * A command with its usual directory for what it leaves.
   *
   * @param name of the directory and of the table
   * @param all the faults in the order in which they are done
   */
  protected FaultSuite(String name, List<F> all) {
    this.name = name;
    this.all = all;
    this.out = Path.of(MeasurementRun.environment("ROOT"), "compose/target", name);
  }

  /** Starts the system for these faults; it is taken away at the end of the session. */
  protected abstract FaultableSystem<F> start(
      MeasurementRun session, boolean build, List<F> faults);

  /** A line of the list. */
  protected String describe(F fault) {
    return "%-14s %s".formatted(fault.name(), fault.words());
  }

  @Override
  public final Integer call() {
    if (list) {
      all.forEach(fault -> MeasurementRun.say("%s", describe(fault)));
      return 0;
    }
    List<F> faults = names.isEmpty() ? all : names.stream().map(this::named).toList();
    try (MeasurementRun session = new MeasurementRun(out)) {
      FaultReport report = new FaultReport(session.out());
      FaultableSystem<F> system = start(session, !noBuild, faults);
      for (F fault : faults) {
        system.run(fault, report);
      }
      String text = system.head() + "\n" + report.table();
      MeasurementRun.say("%s", text.strip());
      MeasurementRun.write(session.out().resolve(name + ".md"), text);
      if (!report.allKept()) {
        throw new ExitException(
            ExitException.FAILED,
            "not every promise was kept; raw figures are in " + session.out());
      }
      session.succeeded();
      return 0;
    }
  }

  private F named(String wanted) {
    return all.stream()
        .filter(fault -> fault.name().equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                new ExitException(
                    ExitException.USAGE,
                    "no fault is called '%s'; see %s --list"
                        .formatted(wanted, MeasurementRun.environment("SCRIPT"))));
  }
}
