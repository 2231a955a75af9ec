package dev.rollcall.measure.swarm;

import dev.rollcall.measure.faults.FaultSuite;
import java.util.List;
import java.util.function.Consumer;

/**
 * One thing that is done to the machines or the Swarm. Immutable.
 *
 * @param name what it is called on the command line
 * @param nodes how many nodes it begins with
 * @param mayFail how many GETs and POSTs each may fail, or -1 for any number
 * @param balancer which machine's balancer gets the load
 * @param words what is done
 * @param action does it, and says what must hold
 */
record SwarmFault(
    String name, int nodes, int mayFail, Balancer balancer, String words, Consumer<SwarmRun> action)
    implements FaultSuite.NamedFault {
  /** Which machine's balancer gets the load. */
  enum Balancer {
    /** Not that of the machine that has Consul's leader. */
    AWAY_FROM_LEADER,
    FIRST,
    SECOND,
    THIRD
  }

  /** All of them, in the order in which they are done. */
  static List<SwarmFault> all() {
    return List.of(
        new SwarmFault(
            "machine",
            6,
            -1,
            Balancer.AWAY_FROM_LEADER,
            "one of three machines dies (link, engine and containers at once), with its balancer,"
                + " Consul's leader, its agent and its nodes; switched on again",
            SwarmRun::machine),
        new SwarmFault(
            "partition",
            6,
            -1,
            Balancer.AWAY_FROM_LEADER,
            "the machine with Consul's leader is cut off from the two others for 60 s; healed",
            SwarmRun::partition),
        new SwarmFault(
            "rolling",
            10,
            0,
            Balancer.FIRST,
            "a new image of web-node, 10 nodes, by docker service update (start-first)",
            SwarmRun::rolling),
        new SwarmFault(
            "drained",
            6,
            0,
            Balancer.FIRST,
            "machines 2 and 3 are drained by Swarm, one after the other, and taken back",
            run -> run.drained(List.of(2, 3))),
        new SwarmFault(
            "drained-1",
            6,
            0,
            Balancer.SECOND,
            "the same of machine 1",
            run -> run.drained(List.of(1))),
        new SwarmFault(
            "consul-upgrade",
            6,
            0,
            Balancer.FIRST,
            "the three Consul servers are replaced one after the other by docker service update",
            SwarmRun::upgradeServers),
        new SwarmFault(
            "agents",
            6,
            0,
            Balancer.FIRST,
            "the Consul agents of the machines are replaced one after the other by docker service"
                + " update",
            SwarmRun::replaceAgents),
        new SwarmFault(
            "renderer",
            4,
            0,
            Balancer.THIRD,
            "the lb-renderer beside the balancer that gets the load is away for RENDERER_SECONDS;"
                + " nodes join and leave meanwhile",
            SwarmRun::renderer),
        new SwarmFault(
            "scale",
            5,
            0,
            Balancer.FIRST,
            "5 → SCALE_NODES → 5 nodes, three times over",
            SwarmRun::scale));
  }
}
