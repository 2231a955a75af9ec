package dev.rollcall.measure.simulate;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.MeasurementRun;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code compose/measure/simulate}: what a service of many instances costs Consul and its balancers
 * when instances come and go, as {@link ConsulLoad} computes it.
 */
@Command(name = "simulate")
public final class Simulation implements Callable<Integer> {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,7}(\\.[0-9]{1,4})?");

  @Parameters private List<String> words = List.of();

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new Simulation(), arguments));
  }

  @Override
  public Integer call() {
    rows(ConsulLoad.of(values(words))).forEach(row -> MeasurementRun.say("%s", row));
    return 0;
  }

  /** What the arguments say. */
  static Map<String, Double> values(List<String> words) {
    Map<String, Double> values = new HashMap<>();
    for (String word : words) {
      String[] pair = word.split("=", 2);
      if (pair.length < 2 || !ConsulLoad.DEFAULTS.containsKey(pair[0])) {
        throw new ExitException(
            ExitException.USAGE,
            "unknown argument '%s'; see %s --help"
                .formatted(word, MeasurementRun.environment("SCRIPT")));
      }
      if (!NUMBER.matcher(pair[1]).matches() || Double.parseDouble(pair[1]) == 0) {
        throw new ExitException(ExitException.USAGE, pair[0] + " is to be a number above 0");
      }
      values.put(pair[0], Double.parseDouble(pair[1]));
    }
    return values;
  }

  /** What is printed. */
  static List<String> rows(ConsulLoad load) {
    double answer = load.answerBytes();
    double megabytes = load.answers() * answer / 1e6;
    int count = load.balancers();
    double checks = count / load.value("check");
    return List.of(
        row("one answer", answer / 1e6, "MB"),
        row("all balancers told of one change", count * answer / 1e6, "MB"),
        row("answers", (double) load.answers(), ""),
        row("bytes of answers", megabytes, "MB"),
        row("bytes of answers, on average until all are told", megabytes / load.end(), "MB/s"),
        row(
            "time from a change until a balancer has it, on average",
            1000 * load.meanDelay(),
            "ms"),
        row("the longest", 1000 * load.longestDelay(), "ms"),
        row("a change: all agents send", load.agentBytesOfAChange() / 1e3, "kB"),
        row("a change: the servers send the agents", load.serverBytesOfAChange() / 1e3, "kB"),
        row("a calm second: all agents send", load.agentBytesOfACalmSecond() / 1e3, "kB"),
        row("a calm second: the servers send", load.serverBytesOfACalmSecond() / 1e3, "kB"),
        row("blocking queries open at Consul", count, ""),
        row("heartbeats", load.value("instances") * 3 / load.value("ttl"), "/s"),
        row("checks by all balancers", load.value("instances") * checks, "/s"),
        row("checks that one instance answers", checks, "/s"));
  }

  private static String row(String what, double value, String unit) {
    return String.format(Locale.ROOT, "%-58s %12.1f %s", what, value, unit);
  }
}
