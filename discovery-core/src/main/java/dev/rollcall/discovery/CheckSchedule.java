package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.net.Require;
import java.time.Duration;

/**
 * How often the agent probes a service, and when it believes what it sees. Immutable; {@link
 * #every(Duration)} has the other defaults, the rest gives changed copies.
 *
 * @param interval time from one probe to the next, 1 s to 24 h
 * @param timeout how long a probe may take, 1 ms to 1 min; default 5 s
 * @param successesBeforePassing how many probes must succeed in a row before the check passes, 1 to
 *     1000; default 1; needs Consul 1.7
 * @param failuresBeforeCritical how many probes must fail in a row before the check is critical, 1
 *     to 1000; default 1; needs Consul 1.7
 * @param deregisterAfter how long the check is critical before Consul removes the service, 1 min to
 *     30 days; default 1 min
 */
public record CheckSchedule(
    Duration interval,
    Duration timeout,
    int successesBeforePassing,
    int failuresBeforeCritical,
    Duration deregisterAfter) {

  /** Checks the bounds. */
  public CheckSchedule {
    Require.between("interval", interval, Duration.ofSeconds(1), Duration.ofHours(24));
    Require.timeout("timeout", timeout);
    Require.between("successesBeforePassing", successesBeforePassing, 1, 1000);
    Require.between("failuresBeforeCritical", failuresBeforeCritical, 1, 1000);
    Require.deregisterAfter(deregisterAfter);
  }

  /**
   * A schedule with every other default.
   *
   * @param interval time from one probe to the next
   * @return a schedule
   */
  public static CheckSchedule every(Duration interval) {
    return new CheckSchedule(interval, Duration.ofSeconds(5), 1, 1, Duration.ofMinutes(1));
  }

  /**
   * The same schedule with another bound of a probe.
   *
   * @param most how long a probe may take
   * @return a new schedule
   */
  public CheckSchedule timeout(Duration most) {
    return new CheckSchedule(
        interval, most, successesBeforePassing, failuresBeforeCritical, deregisterAfter);
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
    return new CheckSchedule(interval, timeout, successes, failures, deregisterAfter);
  }

  /**
   * The same schedule with another time until removal.
   *
   * @param after how long the check is critical before Consul removes the service
   * @return a new schedule
   */
  public CheckSchedule deregisterAfter(Duration after) {
    return new CheckSchedule(
        interval, timeout, successesBeforePassing, failuresBeforeCritical, after);
  }
}
