package dev.rollcall.measure.faults;

import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One thing that happens to a pool of Spring Boot applications. What is promised is promised of the
 * starter; of the other clients it is told. Immutable.
 *
 * @param name what it is called on the command line
 * @param words what is done
 * @param client what registers the applications
 * @param losesPosts whether a POST may fail with any client: HAProxy sends none twice
 * @param action does it
 */
record SpringFault(
    String name, String words, Client client, boolean losesPosts, Consumer<FaultRun> action)
    implements FaultSuite.NamedFault {
  /** How many applications each begins with. */
  static final int NODES = 3;

  /** How long it may take until a pool is right that is never promised to be. */
  private static final int PATIENCE_SECONDS = 60;

  /** Two heartbeats of a TTL of 15 s, and a little for the agent to start. */
  private static final int AGAIN_SECONDS = 20;

  /** What registers the application. */
  enum Client {
    STARTER("the starter"),
    SPRING_CLOUD_CONSUL("Spring Cloud Consul"),
    /** With heartbeats, and with the option that promises what the starter does. */
    HEARTBEAT("Spring Cloud Consul, heartbeat.reregister-service-on-failure");

    private final String words;

    Client(String words) {
      this.words = words;
    }

    String image() {
      return "rollcall/"
          + (this == STARTER ? "spring-starter" : "spring-cloud-consul")
          + ":"
          + MeasurementRun.environment("ROLLCALL_TAG", "latest");
    }

    String jar() {
      return this == STARTER ? "shop.jar" : "shop-spring-cloud-consul.jar";
    }

    boolean isOurs() {
      return this == STARTER;
    }

    boolean hasHeartbeat() {
      return this == HEARTBEAT;
    }
  }

  static List<SpringFault> all() {
    return Arrays.stream(Client.values())
        .flatMap(
            client ->
                Stream.of(
                    of(
                        "data",
                        "Consul restarted with its data gone, a node joins after 60 s",
                        client,
                        false,
                        SpringFault::data),
                    of(
                        "rolling",
                        "every node replaced, one after the other",
                        client,
                        false,
                        SpringFault::rolling),
                    of("kill", "a node is killed (SIGKILL)", client, true, SpringFault::kill)))
        .toList();
  }

  private static SpringFault of(
      String name,
      String words,
      Client client,
      boolean losesPosts,
      BiConsumer<FaultRun, Client> action) {
    return new SpringFault(
        client.name().toLowerCase(Locale.ROOT).replace('_', '-') + "-" + name,
        client.words + ": " + words,
        client,
        losesPosts,
        run -> action.accept(run, client));
  }

  private static void data(FaultRun run, Client client) {
    run.compose("restart", "-t", "5", "consul");
    run.startTimer();
    boolean again = Waiting.until(PATIENCE_SECONDS, () -> run.system.passing() == NODES);
    if (client.isOurs()) {
      run.expect("all registered again", again);
      run.awaitPool(AGAIN_SECONDS);
    }
    // As long with each client.
    run.sleep(again ? PATIENCE_SECONDS - AGAIN_SECONDS : 0);
    run.note("after 60 s " + counts(run, NODES));
    run.nodesAlone(NODES + 1);
    Waiting.until(PATIENCE_SECONDS, () -> run.system.hasNodes(NODES + 1));
    run.sleep(FaultRun.AFTERWARDS_SECONDS);
    run.note("with a node more " + counts(run, NODES + 1));
  }

  /** Of the nodes that run, how many Consul has and how many get requests. */
  private static String counts(FaultRun run, int nodes) {
    return "%d of %d in Consul, %d in the pool"
        .formatted(run.system.passing(), nodes, run.system.poolUp().size());
  }

  private static void rolling(FaultRun run, Client client) {
    run.useNextImage();
    for (String node : run.system.nodes()) {
      run.nodesAlone(NODES + 1);
      run.awaitPool(PATIENCE_SECONDS, "more");
      run.remove(node);
      run.startTimer();
      run.awaitPool(PATIENCE_SECONDS, "less");
      run.startTimer();
    }
    run.note(counts(run, NODES));
  }

  private static void kill(FaultRun run, Client client) {
    String node = run.oldest();
    run.docker("kill", node);
    run.startTimer();
    run.awaitPool(3, "out");
    run.docker("start", node);
    run.startTimer();
    run.awaitPool(PATIENCE_SECONDS, "back");
    run.note(counts(run, NODES));
  }
}
