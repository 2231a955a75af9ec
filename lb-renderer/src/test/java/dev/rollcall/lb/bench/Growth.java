package dev.rollcall.lb.bench;

import dev.rollcall.discovery.Registration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What it costs lb-renderer to add one server to a pool, and to take it out again, by the size of
 * the pool. {@code random} balances, because {@code roundrobin} ends at 4,095 servers. The build
 * that ours is compared with takes turns with it.
 *
 * <p>Arguments: the size of the pool, joins, seconds of idleness, turns, and whether there are
 * {@code others} or {@code ours} alone. Writes samples: {@code time} of each join, and in each turn
 * one of {@code CPU}, {@code read}, {@code resident} and {@code idle}; of the floor, {@code time}.
 */
public final class Growth {
  private static final int WARM_UP = 5;
  private static final Duration REST = Duration.ofMillis(750);

  private final Registry consul = new Registry();
  private final Samples samples = new Samples();

  private Growth() {}

  /** Measures. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int pool = Integer.parseInt(arguments[0]);
    int joins = Integer.parseInt(arguments[1]);
    Duration idle = Duration.ofSeconds(Long.parseLong(arguments[2]));
    int turns = Integer.parseInt(arguments[3]);
    new Growth().measure(pool, joins, idle, turns, arguments[4].equals("others"));
    System.exit(0);
  }

  private void measure(int pool, int joins, Duration idle, int turns, boolean others)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("bench");
    consul.fill("web", 0, pool);
    try (Nodes nodes = Nodes.start(directory, pool);
        Joiners joiners = new Joiners()) {
      nodes.await();
      for (int turn = 1; turn <= turns; turn++) {
        for (Build build : others ? Build.all() : List.of(Build.ours())) {
          System.err.printf("  %d servers, turn %d of %d: %s%n", pool, turn, turns, build.name());
          measure(build, directory, joiners, pool, joins, idle);
        }
        if (others) {
          floor(directory, pool, joins);
        }
      }
    }
  }

  private void floor(Path directory, int pool, int joins) throws IOException, InterruptedException {
    try (FloorOfPool floor = FloorOfPool.start(consul, directory, "random", pool)) {
      for (int i = 0; i < WARM_UP + joins; i++) {
        FloorOfPool.Round took = floor.round();
        if (i >= WARM_UP) {
          FloorOfPool.print(samples, "time", ", %d servers".formatted(pool), took.join());
        }
      }
    }
  }

  private void measure(
      Build build, Path directory, Joiners joiners, int pool, int joins, Duration idle)
      throws IOException, InterruptedException {
    String who = "%s, %d servers".formatted(build.name(), pool);
    try (CountingProxy proxy = new CountingProxy(consul.host(), consul.address().getPort());
        Rollcall rollcall =
            new Rollcall(
                build, proxy.authority(), directory, Rollcall.pool("random", "web"), List.of())) {
      rollcall.start(pool);
      Arrival arrival = new Arrival(rollcall);
      for (int i = 0; i < WARM_UP; i++) {
        change(joiners, arrival);
      }
      ProcessCost cost = new ProcessCost(rollcall.pid());
      double cpu = cost.cpuMillis();
      Wait.rest(idle);
      double idleShare = (cost.cpuMillis() - cpu) / idle.toMillis();
      cpu = cost.cpuMillis();
      long bytes = proxy.bytes();
      long began = System.nanoTime();
      for (int i = 0; i < joins; i++) {
        samples.add("time", who, change(joiners, arrival));
      }
      double passed = (System.nanoTime() - began) / 1e6;
      double changes = 2.0 * joins;
      double busy = cost.cpuMillis() - cpu - idleShare * passed;
      samples.add("CPU", who, Math.max(0, busy) / changes);
      samples.add("read", who, (proxy.bytes() - bytes) / 1024.0 / changes);
      samples.add("resident", who, cost.residentMiB());
      samples.add("idle", who, 100 * idleShare);
    }
  }

  /** One joins and leaves; returns how many milliseconds it took to join. */
  private static double change(Joiners joiners, Arrival arrival)
      throws IOException, InterruptedException {
    int port = joiners.nextPort();
    long began = System.nanoTime();
    Registration registration = joiners.join(256);
    double took = arrival.of(port, began);
    Wait.rest(REST);
    registration.leave();
    Wait.rest(REST);
    return took;
  }
}
