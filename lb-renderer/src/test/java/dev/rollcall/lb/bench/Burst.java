package dev.rollcall.lb.bench;

import dev.rollcall.discovery.Registration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A hundred instances join a pool of ten within 100 ms: how long until each has answered a client
 * of the site, how much of that until Consul has registered them all, and in how many changes of
 * HAProxy. All have the same weight and take turns ({@code roundrobin}), so that every server is
 * asked within two rounds, some 50 ms.
 *
 * <p>Arguments: turns, rounds in each. Writes samples as {@link Membership} does, of the kinds
 * {@code time}, {@code registered} and {@code changes}.
 */
public final class Burst {
  private static final int POOL = 10;
  private static final int JOINING = 100;
  private static final long WITHIN_NANOS = 100_000_000;
  private static final long PACE_NANOS = 200_000;
  private static final Duration REST = Duration.ofMillis(2500);
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private final Registry consul = new Registry();
  private final Samples samples = new Samples();

  private Burst() {}

  /** Measures. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    new Burst().measure(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
    System.exit(0);
  }

  private void measure(int turns, int rounds) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("bench");
    consul.fill("web", 0, POOL);
    try (Nodes nodes = Nodes.start(directory, POOL);
        Joiners joiners = new Joiners()) {
      nodes.await();
      for (int turn = 1; turn <= turns; turn++) {
        floor(directory, rounds);
        List<Balancer> all = new ArrayList<>(Balancers.builds(consul, directory, "roundrobin"));
        all.addAll(Balancers.peers(consul, directory, "roundrobin"));
        for (Balancer balancer : all) {
          System.err.printf("  turn %d of %d: %s%n", turn, turns, balancer.name());
          try (balancer) {
            balancer.start(POOL + JOINING);
            // The first one warms up.
            for (int round = 0; round <= rounds; round++) {
              round(balancer, joiners, round > 0);
            }
          }
        }
      }
    }
  }

  private void floor(Path directory, int rounds) throws IOException, InterruptedException {
    try (FloorOfPool floor = FloorOfPool.start(consul, directory, "roundrobin", POOL)) {
      for (int round = 0; round <= rounds; round++) {
        double took = floor.burst(JOINING, Duration.ofNanos(WITHIN_NANOS));
        if (round > 0) {
          samples.add("time", "%s, %d joins".formatted(FloorOfPool.NAME, JOINING), took);
        }
      }
    }
  }

  private void round(Balancer balancer, Joiners joiners, boolean counts)
      throws IOException, InterruptedException {
    Wait.rest(REST);
    OptionalLong before = balancer.changesApplied();
    Set<Integer> missing = new HashSet<>();
    long began = System.nanoTime();
    CompletableFuture<List<Registration>> joining =
        CompletableFuture.supplyAsync(() -> join(joiners, missing, began));
    boolean all = false;
    try (Site site = new Site(balancer.site())) {
      // None can have been answered by all before; until then the machine is theirs.
      for (long next = began + WITHIN_NANOS;
          !all && System.nanoTime() - began < LIMIT.toNanos(); ) {
        next += PACE_NANOS;
        LockSupport.parkNanos(next - System.nanoTime());
        int port = site.ask();
        synchronized (missing) {
          missing.remove(port);
          all = joining.isDone() && missing.isEmpty();
        }
      }
    }
    long took = System.nanoTime() - began;
    Wait.rest(REST);
    OptionalLong after = balancer.changesApplied();
    if (counts) {
      sample(balancer, "time", (all ? took : LIMIT.toNanos()) / 1e6);
      sample(balancer, "registered", (joiners.passingSince() - began) / 1e6);
      if (after.isPresent() && before.isPresent()) {
        sample(balancer, "changes", (double) (after.getAsLong() - before.getAsLong()));
      }
      if (!all) {
        System.err.printf(
            "  %s: %d have not answered within %d s%n",
            balancer.name(), missing.size(), LIMIT.toSeconds());
      }
    }
    List<CompletableFuture<Boolean>> leaving =
        joining.join().stream().map(Registration::leaveAsync).toList();
    for (CompletableFuture<Boolean> one : leaving) {
      one.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }
  }

  private void sample(Balancer balancer, String kind, double value) {
    samples.add(kind, "%s, %d joins".formatted(balancer.name(), JOINING), value);
  }

  private static List<Registration> join(Joiners joiners, Set<Integer> missing, long began) {
    List<Registration> joined = new ArrayList<>();
    for (int i = 0; i < JOINING; i++) {
      LockSupport.parkNanos(began + i * WITHIN_NANOS / JOINING - System.nanoTime());
      synchronized (missing) {
        missing.add(joiners.nextPort());
      }
      joined.add(joiners.join(1));
    }
    return joined;
  }
}
