package dev.rollcall.measure.bench;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code wrk --latency} has printed. */
record WrkReport(long requests, double rate, double p99Millis, long badAnswers, long socketErrors) {
  private static final Pattern REQUESTS = Pattern.compile("(\\d+) requests in ");
  private static final Pattern RATE = Pattern.compile("Requests/sec: +([0-9.]+)");
  private static final Pattern P99 = Pattern.compile("99% +([0-9.]+)(us|ms|s|m)");
  private static final Pattern BAD = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
  private static final Pattern ERRORS =
      Pattern.compile("Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");

  static WrkReport parse(String text) {
    Matcher p99 = find(P99, text);
    double unit =
        switch (p99.group(2)) {
          case "us" -> 0.001;
          case "ms" -> 1;
          case "s" -> 1000;
          default -> 60_000;
        };
    Matcher bad = BAD.matcher(text);
    Matcher errors = ERRORS.matcher(text);
    long socketErrors = 0;
    if (errors.find()) {
      for (int i = 1; i <= 4; i++) {
        socketErrors += Long.parseLong(errors.group(i));
      }
    }
    return new WrkReport(
        Long.parseLong(find(REQUESTS, text).group(1)),
        Double.parseDouble(find(RATE, text).group(1)),
        Double.parseDouble(p99.group(1)) * unit,
        bad.find() ? Long.parseLong(bad.group(1)) : 0,
        socketErrors);
  }

  private static Matcher find(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new IllegalArgumentException("wrk has not printed " + pattern + ": " + text);
    }
    return matcher;
  }
}
