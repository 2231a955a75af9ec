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
 * What it costs lb-renderer to watch many services in which nothing happens, and how soon a change
 * in one of them comes through: Consul takes 200 connections from one address, so not every service
 * can have its own.
 *
 * <p>Arguments: how many services, joins, seconds of idleness. Writes samples as {@link Growth}
 * does.
 */
public final class Services {
  private static final Duration REST = Duration.ofMillis(1100);

  private final Registry consul = new Registry();
  private final PrintStream samples = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private Services() {}

  /** Measures. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int services = Integer.parseInt(arguments[0]);
    int joins = Integer.parseInt(arguments[1]);
    new Services().measure(services, joins, Duration.ofSeconds(Long.parseLong(arguments[2])));
    System.exit(0);
  }

  private void measure(int services, int joins, Duration idle)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("bench");
    StringBuilder pools = new StringBuilder(Rollcall.pool("random", "web"));
    consul.fill("web", 0, 1);
    for (int i = 1; i < services; i++) {
      consul.fill("s-" + i, 0, 1);
      pools.append(Rollcall.pool("random", "s-" + i));
    }
    try (Nodes nodes = Nodes.start(directory, 1);
        Joiners joiners = new Joiners();
        Rollcall rollcall =
            new Rollcall(
                Build.ours(),
                consul.authority(),
                directory,
                pools.toString(),
                List.of("--wait-for-first", "120"))) {
      nodes.await();
      System.err.printf("  %d services%n", services);
      rollcall.start(services);
      ProcessCost cost = new ProcessCost(rollcall.pid());
      Wait.rest(idle.dividedBy(2)); // The start is no idleness.
      double cpu = cost.cpuMillis();
      Wait.rest(idle);
      sample(services, "idle", 100 * (cost.cpuMillis() - cpu) / idle.toMillis());
      long connections = cost.connectionsTo(consul.address().getPort());
      sample(services, "connections", (double) connections);
      sample(services, "threads", (double) cost.threads());
      for (int i = 0; i < joins; i++) {
        sample(services, "time", change(joiners, rollcall, chosen(i, joins, services)));
      }
      sample(services, "resident", cost.residentMiB());
    }
  }

  /** Evenly spread, whatever order the watches were opened in. */
  private static String chosen(int i, int joins, int services) {
    int number = (int) ((long) i * services / joins);
    return number == 0 ? "web" : "s-" + number;
  }

  private static double change(Joiners joiners, Rollcall rollcall, String service)
      throws IOException, InterruptedException {
    int port = joiners.nextPort();
    long began = System.nanoTime();
    Registration registration = joiners.join(service, 256);
    double took = new Arrival(rollcall, service).of(port, began);
    Wait.rest(REST);
    registration.leave();
    Wait.rest(REST);
    return took;
  }

  private void sample(int services, String kind, double value) {
    samples.printf("%d services\t%.3f\t%s%n", services, value, kind);
  }
}
