package dev.rollcall.discovery;

import java.util.Objects;

/**
 * What a service says of its own health in a heartbeat; see {@link
 * HealthCheck.Ttl#reporting(java.util.function.Supplier)}. Immutable.
 *
 * @param status {@link HealthStatus#PASSING}, {@link HealthStatus#WARNING} or {@link
 *     HealthStatus#CRITICAL}
 * @param output the check's output in Consul, for people: why it does not pass. Cut to 1,000
 *     characters; empty for a report that passes, since an output that changes wakes everybody who
 *     watches the service
 */
public record HealthReport(HealthStatus status, String output) {
  private static final HealthReport PASSING = new HealthReport(HealthStatus.PASSING, "");
  private static final int LONGEST = 1000;

  /** Checks the status. */
  public HealthReport {
    Objects.requireNonNull(output, "output");
    switch (status) {
      case PASSING -> output = "";
      case WARNING, CRITICAL ->
          output = output.length() > LONGEST ? output.substring(0, LONGEST) : output;
      case UNCHECKED, MAINTENANCE ->
          throw new IllegalArgumentException(
              "a service reports that it is PASSING, WARNING or CRITICAL, not " + status);
    }
  }

  /**
   * All is well.
   *
   * @return a report that passes
   */
  public static HealthReport passing() {
    return PASSING;
  }

  /**
   * The service works, but not as it should.
   *
   * @param output why
   * @return a report that warns
   */
  public static HealthReport warning(String output) {
    return new HealthReport(HealthStatus.WARNING, output);
  }

  /**
   * The service cannot do its work.
   *
   * @param output why
   * @return a report that is critical
   */
  public static HealthReport critical(String output) {
    return new HealthReport(HealthStatus.CRITICAL, output);
  }
}
