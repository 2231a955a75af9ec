package dev.rollcall.lb.bench;

import dev.rollcall.discovery.Registration;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What it costs lb-renderer to add one server to a pool, and to take it out again, by the size of
 * the pool. {@code random} balances, because {@code roundrobin} ends at 4,095 servers.
 *
 * <p>Arguments: the size of the pool, joins, seconds of idleness. Writes samples as {@link
 * Membership} does: {@code time} of each join, and one each of {@code CPU}, {@code read}, {@code
 * resident} and {@code idle}.
 */
public final class Growth {
  private static final int WARM_UP = 5;
  private static final Duration REST = Duration.ofMillis(1100);

  private final Registry consul = new Registry();
  private final PrintStream samples = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private Growth() {}

  /** Measures. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int pool = Integer.parseInt(arguments[0]);
    int joins = Integer.parseInt(arguments[1]);
    new Growth().measure(pool, joins, Duration.ofSeconds(Long.parseLong(arguments[2])));
    System.exit(0);
  }

  private void measure(int pool, int joins, Duration idle)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("bench");
    consul.fill("web", 0, pool);
    try (Nodes nodes = Nodes.start(directory, pool);
        Joiners joiners = new Joiners();
        CountingProxy proxy = new CountingProxy(consul.host(), consul.address().getPort());
        Rollcall rollcall =
            new Rollcall(proxy.authority(), directory, Rollcall.pool("random", "web"), List.of())) {
      nodes.await();
      System.err.printf("  %d servers%n", pool);
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
        sample(pool, "time", change(joiners, arrival));
      }
      double passed = (System.nanoTime() - began) / 1e6;
      double changes = 2.0 * joins;
      sample(pool, "CPU", (cost.cpuMillis() - cpu - idleShare * passed) / changes);
      sample(pool, "read", (proxy.bytes() - bytes) / 1024.0 / changes);
      sample(pool, "resident", cost.residentMiB());
      sample(pool, "idle", 100 * idleShare);
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

  private void sample(int pool, String kind, double value) {
    samples.printf("%d servers\t%.3f\t%s%n", pool, value, kind);
  }
}
