package dev.rollcall.measure.faults;

import dev.rollcall.measure.Waiting;
import dev.rollcall.measure.load.LoadRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * One fault while it is done: what it does to the system, and what was promised and found. A step
 * that fails does not end it, but its row is not kept. Used by one thread.
 */
final class FaultRun extends Findings {
  /** Of load once all is well, for what comes late. */
  static final int AFTERWARDS_SECONDS = 10;

  final SystemUnderTest system;
  private final LoadRecord load;
  private final PoolWatcher pool;
  private String except = "";
  private boolean stepFailed;

  FaultRun(SystemUnderTest system, LoadRecord load) {
    this.system = system;
    this.load = load;
    pool = new PoolWatcher(load.directory(), () -> Optional.of(system.poolUp()));
  }

  /**
   * Does it, looks twice a second meanwhile which servers are up, and whether all is well at the
   * end. What was up stands in {@code pool.tsv} beside the requests.
   */
  void perform(Fault fault) {
    perform(fault.action());
    expect("and stayed so", this::poolIsRight);
  }

  /** The same without a word on how it ends. */
  void perform(Consumer<FaultRun> action) {
    pool.start();
    startTimer();
    try {
      action.accept(this);
    } catch (RuntimeException failed) {
      if (Thread.currentThread().isInterrupted()) {
        throw failed;
      }
      stepFailed(failed.toString());
    }
    sleep(AFTERWARDS_SECONDS);
    pool.close();
  }

  // What is done

  /** {@code docker} with these words. */
  boolean docker(String... words) {
    List<String> all = new ArrayList<>(List.of("docker"));
    all.addAll(Arrays.asList(words));
    return step(all);
  }

  /** {@code docker compose} with these words on the system. */
  boolean compose(String... words) {
    return step(system.composeCommand(List.of(), words));
  }

  /** So many nodes; nothing but nodes is looked at. */
  boolean nodesAlone(int count) {
    return compose(
        "up", "-d", "--no-recreate", "--no-deps", "--scale", "web-node=" + count, "web-node");
  }

  /** From now on nodes are made of another image. */
  void useNextImage() {
    if (!system.useNextImage()) {
      stepFailed("docker build");
    }
  }

  /** Four nodes are registered with Consul. */
  void awaitFourthNode() {
    if (!Waiting.until(120, () -> system.passing() >= 4)) {
      shortfall("no fourth node within 120 s");
    }
  }

  /** A node is stopped as an engine stops it, and taken away. */
  void remove(String node) {
    docker("stop", "-t", "30", node);
    docker("rm", node);
  }

  /** Any program; its failure is noted. */
  boolean step(List<String> words) {
    boolean done = system.commands().run(words);
    if (!done) {
      stepFailed(String.join(" ", words));
    }
    return done;
  }

  private void stepFailed(String what) {
    if (!stepFailed) {
      stepFailed = true;
      shortfall("a step failed: " + what + "; see " + system.session().log());
    }
  }

  void sleep(int seconds) {
    Waiting.sleep(Duration.ofSeconds(seconds));
  }

  // What is found

  /** This node runs but should get no request; an empty text for none. */
  void except(String node) {
    except = node;
  }

  boolean poolIsRight() {
    return system.poolIsRight(except);
  }

  void awaitPool(int limit) {
    awaitPool(limit, "");
  }

  void awaitPool(int limit, String word) {
    awaitPool(
        limit,
        word,
        this::poolIsRight,
        () ->
            "up: %s - wanted: %s"
                .formatted(
                    String.join(" ", system.poolUp()),
                    String.join(" ", system.poolWanted(except))));
  }

  /** So many servers were up whenever it was looked. */
  void expectNeverBelow(int servers) {
    expect("pool never below " + servers, pool.fewest() >= servers);
  }

  /** The most servers that were up at once. */
  int mostUp() {
    return pool.most();
  }

  /** How many requests failed of those that began after that time of the epoch. */
  int failedSince(long millis) {
    return load.failedSince(millis);
  }

  /** The node that was started last. */
  String youngest() {
    List<String> nodes = system.nodes();
    return nodes.get(nodes.size() - 1);
  }

  /** The node that was started first. */
  String oldest() {
    return system.nodes().get(0);
  }

  /** True if the container ended with exit code 0. */
  boolean endedInOrder(String container) {
    return system.inspect(container, "{{.State.ExitCode}}").equals("0");
  }

  Set<String> images() {
    Set<String> images = new TreeSet<>();
    system.nodes().forEach(node -> images.add(system.inspect(node, "{{.Image}}")));
    return images;
  }
}
