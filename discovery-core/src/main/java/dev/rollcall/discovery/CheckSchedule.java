package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.net.Require;
import java.time.Duration;

/**
 * How often the agent probes a service, and when it believes what it sees. Immutable; {@link
 * #every(Duration)} has the other defaults, the rest gives changed copies.
 */
public final class CheckSchedule {

  private record Values(
      Duration interval,
      Duration timeout,
      int successesBeforePassing,
      int failuresBeforeCritical,
      Duration deregisterAfter) {

    Values {
      Require.between("interval", interval, Duration.ofSeconds(1), Duration.ofHours(24));
      Require.timeout("timeout", timeout);
      Require.between("successesBeforePassing", successesBeforePassing, 1, 1000);
      Require.between("failuresBeforeCritical", failuresBeforeCritical, 1, 1000);
      Require.deregisterAfter(deregisterAfter);
    }
  }

  private final Values values;

  private CheckSchedule(Values values) {
    this.values = values;
  }

  /** {@return time from one probe to the next, 1 s to 24 h} */
  public Duration interval() {
    return values.interval;
  }

  /** {@return how long a probe may take, 1 ms to 1 min; default 5 s} */
  public Duration timeout() {
    return values.timeout;
  }

  /**
   * {@return how many probes must succeed in a row before the check passes, 1 to 1000; default 1;
   * needs Consul 1.7}
   */
  public int successesBeforePassing() {
    return values.successesBeforePassing;
  }

  /**
   * {@return how many probes must fail in a row before the check is critical, 1 to 1000; default 1;
   * needs Consul 1.7}
   */
  public int failuresBeforeCritical() {
    return values.failuresBeforeCritical;
  }

  /**
   * {@return how long the check is critical before Consul removes the service, 1 min to 30 days;
   * default 1 min}
   */
  public Duration deregisterAfter() {
    return values.deregisterAfter;
  }

  /**
   * A schedule with every other default.
   *
   * @param interval time from one probe to the next
   * @return a schedule
   */
  public static CheckSchedule every(Duration interval) {
    return new CheckSchedule(
        new Values(interval, Duration.ofSeconds(5), 1, 1, Duration.ofMinutes(1)));
  }

  /**
   * The same schedule with another bound of a probe.
   *
   * @param most how long a probe may take
   * @return a new schedule
   */
  public CheckSchedule timeout(Duration most) {
    return new CheckSchedule(
        new Values(
            values.interval,
            most,
            values.successesBeforePassing,
            values.failuresBeforeCritical,
            values.deregisterAfter));
  }

  /**
   * The same schedule with other thresholds. The first probe of all decides at once, whatever they
   * are.
   *
   * @param successes how many probes in a row make the check pass
   * @param failures how many probes in a row make it critical
   * @return a new schedule
   */
  public CheckSchedule thresholds(int successes, int failures) {
    return new CheckSchedule(
        new Values(values.interval, values.timeout, successes, failures, values.deregisterAfter));
  }

  /**
   * The same schedule with another time until removal.
   *
   * @param after how long the check is critical before Consul removes the service
   * @return a new schedule
   */
  public CheckSchedule deregisterAfter(Duration after) {
    return new CheckSchedule(
        new Values(
            values.interval,
            values.timeout,
            values.successesBeforePassing,
            values.failuresBeforeCritical,
            after));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CheckSchedule that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString().replaceFirst("Values", "CheckSchedule");
  }
}
