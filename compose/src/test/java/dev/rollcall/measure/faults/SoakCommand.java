package dev.rollcall.measure.faults;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import dev.rollcall.measure.load.LoadRecord;
import dev.rollcall.measure.load.LoadTest;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code compose/measure/soak}: faults by chance, one after the other on one system under one load
 * that never stops, and what has grown meanwhile. Each request belongs to the row in whose time it
 * began.
 */
@Command(name = "soak", sortOptions = false)
public final class SoakCommand implements Callable<Integer> {
  private static final int MOST_MINUTES = 1440;
  private static final int NODES = 3;

  /** Slow requests a second, all along. */
  private static final int SLOW = 5;

  /** Seconds of load before the first fault, but no more than a quarter of the run. */
  private static final int WARM_UP_SECONDS = 60;

  @Option(names = "--seed")
  private String givenSeed = "";

  @Option(names = "--no-build")
  private boolean noBuild;

  @Option(names = "--out")
  private Path out = Path.of(MeasurementRun.environment("ROOT"), "compose/target/soak");

  @Parameters private List<String> words = List.of();

  private int minutes;
  private int seed;
  private final List<String> chosen = new ArrayList<>();
  private final List<Window> windows = new ArrayList<>();
  private long from;

  /** What was done from one time to another; it is judged when the load has ended. */
  private record Window(
      LoadRecord.Window time, String name, String words, int get, int post, FaultRun run) {}

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new SoakCommand(), arguments));
  }

  @Override
  public Integer call() {
    List<Fault> faults = arguments();
    try (MeasurementRun session = new MeasurementRun(out)) {
      FaultReport report = new FaultReport(session.out());
      SystemUnderTest system =
          SystemUnderTest.start(session, !noBuild, false, FaultsCommand.needs(faults));
      system.awaitStart(NODES);
      ResourceGrowth growth = new ResourceGrowth(system);
      growth.note(ResourceGrowth.Stage.QUIET);
      MeasurementRun.say(
          "Seed %d: faults drawn from %s, for %d minutes",
          seed, String.join(" ", faults.stream().map(Fault::name).toList()), minutes);
      LoadTest load =
          FaultsCommand.beginLoad(
              system,
              MeasurementRun.emptied(session.out().resolve("load")),
              SLOW,
              60 * minutes
                  + Fault.LIMIT_SECONDS
                  + 2 * SystemUnderTest.START_SECONDS
                  + LoadTest.START_SECONDS);
      long seconds = soak(system, load, faults, growth);
      LoadRecord.Window all = enterAll(load, report);
      MeasurementRun.say("== wait until all is quiet");
      growth.noteQuietEnd();

      int requests = load.requests().requests(all);
      String text = text(system, report, growth, requests, seconds);
      MeasurementRun.say("%s", text.strip());
      MeasurementRun.write(session.out().resolve("soak.md"), text);
      judge(session, report, growth, requests);
      session.succeeded();
      return 0;
    }
  }

  /** Draws and does faults until the time is over; returns how many seconds it took. */
  private long soak(
      SystemUnderTest system, LoadTest load, List<Fault> faults, ResourceGrowth growth) {
    Instant began = Instant.now();
    Instant until = began.plus(Duration.ofMinutes(minutes));
    SeededDraw draw = new SeededDraw(seed);
    from = load.begin();
    calm(system, load, "start", "the load begins", Math.min(15 * minutes, WARM_UP_SECONDS));
    growth.note(ResourceGrowth.Stage.LOADED);
    while (Instant.now().isBefore(until)) {
      Fault fault = faults.get(draw.next(faults.size()));
      MeasurementRun.say(
          "== %d: %s: %s (%d min left)",
          windows.size(),
          fault.name(),
          fault.words(),
          Duration.between(Instant.now(), until).toMinutes());
      window(
          system,
          load,
          fault,
          run -> {
            scale(run, fault.nodes());
            if (!Waiting.until(
                SystemUnderTest.START_SECONDS, () -> system.hasNodes(fault.nodes()))) {
              run.shortfall(
                  "not %d nodes after %d s"
                      .formatted(fault.nodes(), SystemUnderTest.START_SECONDS));
            }
            run.perform(fault);
          });
    }
    calm(system, load, "end", "nothing is broken any more", FaultRun.AFTERWARDS_SECONDS);
    growth.note(ResourceGrowth.Stage.LOADED_END);
    growth.keepLogs(system.session().out().resolve("parts.log"));
    load.end();
    return Duration.between(began, Instant.now()).toSeconds();
  }

  /** With all nodes, and nothing broken. */
  private void calm(SystemUnderTest system, LoadTest load, String name, String what, int seconds) {
    MeasurementRun.say("== %s", what);
    window(
        system,
        load,
        Fault.lossless(name, what, run -> {}),
        run -> {
          scale(run, NODES);
          run.startTimer();
          run.awaitPool(SystemUnderTest.START_SECONDS);
          run.sleep(seconds);
          run.expect("pool right at its end", run::poolIsRight);
        });
  }

  private static void scale(FaultRun run, int nodes) {
    if (!run.system.scale(nodes)) {
      run.shortfall(
          "docker compose could not see to %d nodes; see %s"
              .formatted(nodes, run.system.session().log()));
    }
  }

  /** What begins until the action has ended belongs to this row. */
  private void window(
      SystemUnderTest system, LoadTest load, Fault fault, Consumer<FaultRun> action) {
    FaultRun run = new FaultRun(system, load.requests());
    action.accept(run);
    long to = System.currentTimeMillis();
    windows.add(
        new Window(
            new LoadRecord.Window(from, to),
            windows.size() + " " + fault.name(),
            fault.words(),
            fault.getMayFail(),
            fault.postMayFail(),
            run));
    MeasurementRun.say(
        "  so far: %d failed; pool right: %s%s",
        load.requests().failedSince(from),
        run.times(),
        run.shortfalls().isEmpty() ? "" : "; " + String.join("; ", run.shortfalls()));
    from = to;
  }

  /** Every window's row, from the one load; returns the time of all of them. */
  private LoadRecord.Window enterAll(LoadTest load, FaultReport report) {
    MeasurementRun.say("== the report");
    List<LoadRecord.Result> results =
        load.requests().results(windows.stream().map(Window::time).toList());
    for (int i = 0; i < results.size(); i++) {
      Window window = windows.get(i);
      report.enter(window.name, window.words, window.get, window.post, results.get(i), window.run);
    }
    return new LoadRecord.Window(
        windows.get(0).time.from(), windows.get(windows.size() - 1).time.to());
  }

  private String text(
      SystemUnderTest system,
      FaultReport report,
      ResourceGrowth growth,
      int requests,
      long seconds) {
    return """
        Command: compose/measure/soak %d --seed %d%s
        %sBesides %d slow ones a second. %d requests in all; %d stand in the table. %d s from the first request to the last.

        %s
        %s"""
        .formatted(
            minutes,
            seed,
            chosen.isEmpty() ? "" : " " + String.join(" ", chosen),
            FaultsCommand.head(system),
            SLOW,
            requests,
            report.requests(),
            seconds,
            report.table(),
            growth.tables());
  }

  private static void judge(
      MeasurementRun session, FaultReport report, ResourceGrowth growth, int requests) {
    @Nullable String problem = null;
    if (report.requests() != requests) {
      problem = "the table leaves out requests";
    } else if (!report.allKept()) {
      problem = "not every promise was kept";
    } else if (growth.grows()) {
      problem = "something grows";
    }
    if (problem != null) {
      throw new ExitException(
          ExitException.FAILED, problem + "; raw figures are in " + session.out());
    }
  }

  /** Sets minutes, seed and names; returns the faults to draw from. */
  private List<Fault> arguments() {
    String given = "";
    for (String word : words) {
      if (!Character.isDigit(word.charAt(0))) {
        chosen.add(word);
      } else if (given.isEmpty()) {
        given = word;
      } else {
        throw usage("one number of minutes, not '%s' and '%s'".formatted(given, word));
      }
    }
    List<Fault> faults = chosen.stream().map(SoakCommand::fault).toList();
    if (!given.matches("[1-9][0-9]{0,3}") || Integer.parseInt(given) > MOST_MINUTES) {
      throw usage(
          "'%s' is no number of minutes; give one from 1 to %d; see %s --help"
              .formatted(given, MOST_MINUTES, MeasurementRun.environment("SCRIPT")));
    }
    if (!givenSeed.matches("[0-9]{0,9}")) {
      throw usage("--seed: '%s' is no number of up to nine digits".formatted(givenSeed));
    }
    minutes = Integer.parseInt(given);
    seed = givenSeed.isEmpty() ? new SecureRandom().nextInt(1 << 24) : Integer.parseInt(givenSeed);
    return faults.isEmpty() ? Fault.all().stream().filter(Fault::inSoak).toList() : faults;
  }

  private static Fault fault(String name) {
    Fault fault =
        Fault.named(name)
            .orElseThrow(
                () ->
                    usage(
                        "no fault is called '%s'; see compose/measure/faults --list"
                            .formatted(name)));
    if (!fault.inSoak()) {
      throw usage(
          "'%s' needs more than a system that runs; try compose/measure/faults %s"
              .formatted(name, name));
    }
    return fault;
  }

  private static ExitException usage(String message) {
    return new ExitException(ExitException.USAGE, message);
  }
}
