package dev.rollcall.measure.faults;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One thing that is broken on purpose. Immutable.
 *
 * @param name what it is called on the command line
 * @param nodes how many nodes it begins with
 * @param getMayFail how many GETs may fail, or {@link #ANY}
 * @param postMayFail how many POSTs may fail, or {@link #ANY}
 * @param slow requests a second besides the load that take 3 s
 * @param words what is done
 * @param inSoak whether a soak may draw it: it needs no more than the running system, and not very
 *     long
 * @param needs what it needs of this machine, as {@code compose/measure/prepare} names it
 * @param action does it, and says what must hold
 */
record Fault(
    String name,
    int nodes,
    int getMayFail,
    int postMayFail,
    int slow,
    String words,
    boolean inSoak,
    List<String> needs,
    Consumer<FaultRun> action)
    implements FaultSuite.NamedFault {
  /** Nothing is promised. */
  static final int ANY = -1;

  /** No fault takes longer. */
  static final int LIMIT_SECONDS = 600;

  /** Three nodes, and no request may fail. */
  static Fault lossless(String name, String words, Consumer<FaultRun> action) {
    return new Fault(name, 3, 0, 0, 0, words, true, List.of(), action);
  }

  Fault mayFail(int get, int post) {
    return new Fault(name, nodes, get, post, slow, words, inSoak, needs, action);
  }

  Fault withNodes(int count) {
    return new Fault(name, count, getMayFail, postMayFail, slow, words, inSoak, needs, action);
  }

  Fault withSlowRequests(int rate) {
    return new Fault(name, nodes, getMayFail, postMayFail, rate, words, inSoak, needs, action);
  }

  Fault notInSoak() {
    return new Fault(name, nodes, getMayFail, postMayFail, slow, words, false, needs, action);
  }

  Fault needing(String what) {
    return new Fault(
        name, nodes, getMayFail, postMayFail, slow, words, inSoak, List.of(what), action);
  }

  /** All faults, in the order in which they are done and drawn. */
  static List<Fault> all() {
    return Stream.of(
            ClockFaults.all(),
            ClusterFaults.all(),
            ConsulFaults.all(),
            FlapFaults.all(),
            HaproxyFaults.all(),
            NetworkFaults.all(),
            NodeFaults.all(),
            ScalingFaults.all(),
            TemplateFaults.all())
        .flatMap(List::stream)
        .toList();
  }

  static Optional<Fault> named(String name) {
    return all().stream().filter(fault -> fault.name.equals(name)).findFirst();
  }
}
