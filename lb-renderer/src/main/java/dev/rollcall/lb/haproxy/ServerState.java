package dev.rollcall.lb.haproxy;

import java.time.Duration;

/**
 * What HAProxy tells of one server. Immutable. Backend, name and address are as they were told:
 * they may be such as no command may have.
 *
 * @param backend its name
 * @param server its name
 * @param ip its address; {@code -} when there is none
 * @param port 0 when there is none
 * @param weight as it counts now, 0 to 256
 * @param admin what was ordered of it
 * @param operation whether it serves
 * @param numbers what HAProxy has beside
 */
public record ServerState(
    String backend,
    String server,
    String ip,
    int port,
    int weight,
    AdminState admin,
    Operation operation,
    Numbers numbers) {

  /** One of which nothing else is known. */
  public ServerState(
      String backend,
      String server,
      String ip,
      int port,
      int weight,
      AdminState admin,
      Operation operation) {
    this(backend, server, ip, port, weight, admin, operation, Numbers.none(weight));
  }

  /** The values of {@code srv_op_state}. */
  public enum Operation {
    /** Down. */
    STOPPED,
    /** Coming up with a growing share. */
    STARTING,
    /** Up. */
    RUNNING,
    /** Up, and taking no new traffic. */
    STOPPING
  }

  /**
   * Immutable.
   *
   * @param backend number of the backend, which no frontend has
   * @param server number of the server in its backend
   * @param initialWeight what the configuration, or the command that added the server, gave it
   * @param sinceLastChange for how long it has been up or down
   * @param check the bits of {@code srv_check_state}
   * @param checkResult {@code srv_check_result}
   * @param agent the bits of {@code srv_agent_state}
   */
  public record Numbers(
      int backend,
      long server,
      int initialWeight,
      Duration sinceLastChange,
      int check,
      int checkResult,
      int agent) {

    private static final int CONFIGURED = 0x02;
    private static final int ENABLED = 0x04;
    private static final int FAILED = 2;
    private static final int PASSED = 3;

    private static Numbers none(int weight) {
      return new Numbers(
          0, 0, weight, Duration.ZERO, CONFIGURED | ENABLED, 0, CONFIGURED | ENABLED);
    }

    /** Whether its health check is configured, and somebody switched it off. */
    public boolean checkDisabled() {
      return (check & (CONFIGURED | ENABLED)) == CONFIGURED;
    }

    /** Whether its agent check is configured, and somebody switched it off. */
    public boolean agentDisabled() {
      return (agent & (CONFIGURED | ENABLED)) == CONFIGURED;
    }

    /** Whether its last check passed. */
    public boolean checkPassed() {
      return checkResult == PASSED;
    }

    /** Whether its last check failed. */
    public boolean checkFailed() {
      return checkResult == FAILED;
    }
  }
}
