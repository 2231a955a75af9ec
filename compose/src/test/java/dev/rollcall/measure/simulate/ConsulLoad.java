package dev.rollcall.measure.simulate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What Consul's agents and servers send for the balancers of one service whose watches are streamed
 * (Consul 1.10 and later): each client agent that balancers ask holds one view of the service,
 * which a server feeds with the changes alone; from it each of its balancers is sent the whole
 * answer. What takes an instance out each balancer has confirmed by the leader, and every 3 s it
 * asks whether there is a leader. While nothing changes, each wait ends with a whole answer, and a
 * whole confirmation by the leader.
 *
 * <p>Goes through the time in steps of 10 ms; the same values give the same figures. Immutable and
 * thread-safe. Times are seconds.
 *
 * @param values as the help of {@code compose/measure/simulate} names them
 * @param answers that were sent because of changes
 * @param meanDelay from a change until a balancer has it, on average
 * @param longestDelay the longest of them
 * @param end when the last balancer had the last change, if that is later than the last change
 */
public record ConsulLoad(
    Map<String, Double> values, long answers, double meanDelay, double longestDelay, double end) {
  private static final double TICK = 0.01;

  /** Answers that may follow each other at once after a calm. */
  private static final double MOST_TOKENS = 6;

  private static final double LEADER_CHECK_SECONDS = 3;

  /**
   * A server's answer to an agent names every field, also what is empty: so it is longer than the
   * answer that the agent makes of it. Measured by the benchmark {@code balancers} with Consul
   * 1.14.11, as are the following.
   */
  private static final double SERVER_ANSWER_BY_ENTRY = 1.58;

  private static final double EVENT_BY_ENTRY = 0.8;

  /** Bytes that an agent sends for a leader check: to the server and to the balancer. */
  private static final double LEADER_CHECK_BY_AGENT = 1400;

  private static final double LEADER_CHECK_BY_SERVER = 240;

  /** Bytes of the confirmation of a change that takes out one instance. */
  private static final double CONFIRMATION_BY_AGENT = 1500;

  private static final double CONFIRMATION_BY_SERVER = 1200;

  /** Consul adds up to a sixteenth to a wait: a thirty-second on average. */
  private static final double LONGER_WAIT = 1 + 1 / 32.0;

  /** What is computed with where nothing is said; bytes as Consul 1.14.11 has them. */
  static final Map<String, Double> DEFAULTS =
      Map.ofEntries(
          Map.entry("instances", 10_000.0),
          Map.entry("balancers", 100.0),
          Map.entry("agents", 1.0),
          Map.entry("changes", 1.0),
          Map.entry("leaves", 0.5),
          Map.entry("seconds", 60.0),
          Map.entry("entry", 1100.0),
          Map.entry("rate", 100.0),
          Map.entry("pace", 0.5),
          Map.entry("wait", 25.0),
          Map.entry("ttl", 15.0),
          Map.entry("check", 0.5));

  /** One balancer's watch. */
  private static final class Watch {
    private double tokens = MOST_TOKENS;
    private double restedAt;
    private boolean waits;
    private long seen;
  }

  /** One agent that words answers, one after the other. */
  private static final class Agent {
    private final Deque<Watch> queue = new ArrayDeque<>();
    private double budget;
  }

  /** Computes it; what {@code given} does not say is as in the help. */
  public static ConsulLoad of(Map<String, Double> given) {
    Map<String, Double> values = new HashMap<>(DEFAULTS);
    values.putAll(given);
    ConsulLoad still = new ConsulLoad(Map.copyOf(values), 0, 0, 0, 0);
    return still.run();
  }

  private ConsulLoad run() {
    double changes = value("changes");
    double seconds = value("seconds");
    double pace = value("pace");
    double bytesPerSecond = value("rate") * 1e6;
    double perTick = bytesPerSecond * TICK;
    Watch[] watches = new Watch[balancers()];
    Arrays.setAll(watches, i -> new Watch());
    List<Agent> agents = Stream.generate(Agent::new).limit(agents()).toList();

    Map<Long, Double> madeAt = new LinkedHashMap<>();
    long version = 0;
    long count = 0;
    double worst = 0;
    double finished = 0;
    List<Double> delays = new ArrayList<>();
    long last =
        (long) ((seconds + 60 + 2 * watches.length * answerBytes() / bytesPerSecond) / TICK);
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
      for (int i = 0; i < watches.length; i++) {
        Watch watch = watches[i];
        watch.tokens = Math.min(MOST_TOKENS, watch.tokens + TICK / pace);
        if (!watch.waits && watch.seen < version && watch.tokens >= 1 && now >= watch.restedAt) {
          watch.tokens--;
          watch.waits = true;
          agents.get(i % agents.size()).queue.add(watch);
        }
      }
      for (Agent agent : agents) {
        agent.budget =
            agent.queue.isEmpty()
                ? Math.min(agent.budget + perTick, perTick)
                : agent.budget + perTick;
        while (!agent.queue.isEmpty() && agent.budget >= answerBytes()) {
          Watch watch = agent.queue.remove();
          agent.budget -= answerBytes();
          watch.waits = false;
          watch.restedAt = watch.tokens < 4 ? now + pace / 10 : 0;
          count++;
          // What is in the answer is the state of the moment when it is written.
          long first = watch.seen + 1;
          watch.seen = version;
          while (first <= version && !madeAt.containsKey(first)) {
            first++;
          }
          if (madeAt.containsKey(first)) {
            double delay = now + TICK - Objects.requireNonNull(madeAt.get(first));
            worst = Math.max(worst, delay);
            delays.add(delay);
          }
          finished = now + TICK;
        }
      }
      if (now >= seconds && allHave(watches, version)) {
        break;
      }
    }
    double mean = delays.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    return new ConsulLoad(values, count, mean, worst, Math.max(finished, seconds));
  }

  private static boolean allHave(Watch[] watches, long version) {
    return Arrays.stream(watches).allMatch(watch -> !watch.waits && watch.seen >= version);
  }

  /** One whole answer. */
  public double answerBytes() {
    return value("instances") * value("entry");
  }

  /** What the agents send for one change: to the balancers, and as requests to the servers. */
  public double agentBytesOfAChange() {
    double made = Math.max(1, value("changes") * value("seconds"));
    return answers / made * answerBytes()
        + confirmations() * CONFIRMATION_BY_AGENT
        + leaderChecks() / value("changes") * LEADER_CHECK_BY_AGENT;
  }

  /** What the servers send to the agents for one change. */
  public double serverBytesOfAChange() {
    return agents() * EVENT_BY_ENTRY * value("entry")
        + confirmations() * CONFIRMATION_BY_SERVER
        + leaderChecks() / value("changes") * LEADER_CHECK_BY_SERVER;
  }

  /** What the agents send in a second in which nothing changes. */
  public double agentBytesOfACalmSecond() {
    return balancers() * 2 * answerBytes() / waits() + leaderChecks() * LEADER_CHECK_BY_AGENT;
  }

  /** What the servers send to the agents in a second in which nothing changes. */
  public double serverBytesOfACalmSecond() {
    return balancers() * SERVER_ANSWER_BY_ENTRY * answerBytes() / waits()
        + leaderChecks() * LEADER_CHECK_BY_SERVER;
  }

  private double confirmations() {
    return balancers() * value("leaves");
  }

  /** In a second. */
  private double leaderChecks() {
    return balancers() / LEADER_CHECK_SECONDS;
  }

  private double waits() {
    return value("wait") * LONGER_WAIT;
  }

  int balancers() {
    return (int) Math.ceil(value("balancers"));
  }

  /** Those that balancers ask. */
  int agents() {
    return Math.min(balancers(), (int) Math.ceil(value("agents")));
  }

  double value(String name) {
    return Objects.requireNonNull(values.get(name));
  }
}
