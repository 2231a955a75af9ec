package dev.rollcall.measure.simulate;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.MeasurementRun;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code compose/measure/simulate}: what a service of many instances costs Consul and its balancers
 * when instances come and go. Goes through the time in steps of 10 ms; the same values give the
 * same figures.
 */
@Command(name = "simulate")
public final class Simulation implements Callable<Integer> {
  private static final double TICK = 0.01;

  /** Answers that may follow each other at once after a calm. */
  private static final double MOST_TOKENS = 6;

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,7}(\\.[0-9]{1,4})?");

  @Parameters private List<String> words = List.of();

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new Simulation(), arguments));
  }

  @Override
  public Integer call() {
    rows(values(words)).forEach(row -> MeasurementRun.say("%s", row));
    return 0;
  }

  /** The values that are not given are those of the help. */
  static Map<String, Double> values(List<String> words) {
    Map<String, Double> values = new HashMap<>();
    values.put("instances", 10_000.0);
    values.put("balancers", 100.0);
    values.put("changes", 1.0);
    values.put("seconds", 60.0);
    values.put("entry", 1100.0);
    values.put("rate", 100.0);
    values.put("pace", 0.5);
    values.put("ttl", 15.0);
    values.put("check", 0.5);
    for (String word : words) {
      String[] pair = word.split("=", 2);
      if (pair.length < 2 || !values.containsKey(pair[0])) {
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

  /** One balancer's watch. */
  private static final class Watch {
    private double tokens = MOST_TOKENS;
    private double restedAt;
    private boolean waits;
    private long seen;
  }

  /** What is printed. */
  static List<String> rows(Map<String, Double> values) {
    double instances = value(values, "instances");
    double changes = value(values, "changes");
    double seconds = value(values, "seconds");
    double pace = value(values, "pace");
    double answer = instances * value(values, "entry");
    double bytesPerSecond = value(values, "rate") * 1e6;
    double perTick = bytesPerSecond * TICK;
    int count = (int) Math.ceil(value(values, "balancers"));
    Watch[] watches = new Watch[count];
    Arrays.setAll(watches, i -> new Watch());

    Deque<Watch> queue = new ArrayDeque<>();
    Map<Long, Double> madeAt = new LinkedHashMap<>();
    long version = 0;
    long answers = 0;
    long lagged = 0;
    double budget = 0;
    double lags = 0;
    double worst = 0;
    double end = 0;
    long last = (long) ((seconds + 60 + 2 * count * answer / bytesPerSecond) / TICK);
    for (long t = 0; t < last; t++) {
      double now = t * TICK;
      if (now < seconds) {
        long made = (long) ((now + TICK) * changes + 1e-9);
        long next = t == 0 ? Math.max(1, made) : Math.max(version, made);
        if (next != version) {
          version = next;
          madeAt.put(version, now);
        }
      }
      for (Watch watch : watches) {
        watch.tokens = Math.min(MOST_TOKENS, watch.tokens + TICK / pace);
        if (!watch.waits && watch.seen < version && watch.tokens >= 1 && now >= watch.restedAt) {
          watch.tokens--;
          watch.waits = true;
          queue.add(watch);
        }
      }
      budget = queue.isEmpty() ? Math.min(budget + perTick, perTick) : budget + perTick;
      while (!queue.isEmpty() && budget >= answer) {
        Watch watch = queue.remove();
        budget -= answer;
        watch.waits = false;
        watch.restedAt = watch.tokens < 4 ? now + pace / 10 : 0;
        answers++;
        // What is in the answer is the state of the moment when it is written.
        long first = watch.seen + 1;
        watch.seen = version;
        while (first <= version && !madeAt.containsKey(first)) {
          first++;
        }
        if (madeAt.containsKey(first)) {
          double lag = now + TICK - Objects.requireNonNull(madeAt.get(first));
          worst = Math.max(worst, lag);
          lags += lag;
          lagged++;
        }
        end = now + TICK;
      }
      if (now >= seconds && queue.isEmpty() && allHave(watches, version)) {
        break;
      }
    }
    double megabytes = answers * answer / 1e6;
    return List.of(
        row("one answer", answer / 1e6, "MB"),
        row("all balancers told of one change", count * answer / 1e6, "MB"),
        row("answers", (double) answers, ""),
        row("bytes of answers", megabytes, "MB"),
        row(
            "bytes of answers, on average until all are told",
            megabytes / Math.max(end, seconds),
            "MB/s"),
        row("time from a change until a balancer has it, on average", 1000 * lags / lagged, "ms"),
        row("the longest", 1000 * worst, "ms"),
        row("blocking queries open at Consul", count, ""),
        row("heartbeats", instances * 3 / value(values, "ttl"), "/s"),
        row("checks by all balancers", count * instances / value(values, "check"), "/s"),
        row("checks that one instance answers", count / value(values, "check"), "/s"));
  }

  private static double value(Map<String, Double> values, String name) {
    return Objects.requireNonNull(values.get(name));
  }

  private static boolean allHave(Watch[] watches, long version) {
    return Arrays.stream(watches).allMatch(watch -> watch.seen >= version);
  }

  private static String row(String what, double value, String unit) {
    return String.format(Locale.ROOT, "%-58s %12.1f %s", what, value, unit);
  }
}
