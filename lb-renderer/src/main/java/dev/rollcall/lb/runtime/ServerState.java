package dev.rollcall.lb.runtime;

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
 */
public record ServerState(
    String backend,
    String server,
    String ip,
    int port,
    int weight,
    AdminState admin,
    Operation operation) {

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
}
