package dev.rollcall.lb.bench;

import dev.rollcall.discovery.Registration;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How soon the first instance that joins after a long calm is answering. Many lb-renderers pass the
 * calm at once, each with a HAProxy and a service of ten instances of its own; then an instance
 * joins one service after the other. Who joins and who asks is warm, as is Consul; only lb-renderer
 * and its HAProxy are not. The floor is measured after that.
 *
 * <p>Arguments: how many of each build, seconds of calm, rounds of the floor. Writes samples of the
 * kind {@code first}, in milliseconds.
 */
public final class FirstJoin {
  private static final int POOL = 10;
  private static final int WARM_UP = 30;
  private static final int WARM_UP_REQUESTS = 3000;
  private static final Duration REST = Duration.ofMillis(1100);

  /** So many start at the same time. */
  private static final int STARTING = 2;

  private record Waiting(Rollcall rollcall, String name, String service) {}

  private final Registry consul = new Registry();
  private final Samples samples = new Samples();

  private FirstJoin() {}

  /** Measures. */
  public static void main(String[] arguments) throws Exception {
    new FirstJoin()
        .measure(
            Integer.parseInt(arguments[0]),
            Duration.ofSeconds(Long.parseLong(arguments[1])),
            Integer.parseInt(arguments[2]));
    System.exit(0);
  }

  private void measure(int each, Duration calm, int floors) throws Exception {
    Path directory = Files.createTempDirectory("bench");
    List<Waiting> all = new ArrayList<>();
    consul.fill("web", 0, POOL);
    try (Nodes nodes = Nodes.start(directory, POOL);
        Joiners joiners = new Joiners()) {
      nodes.await();
      try {
        for (int i = 0; i < each; i++) {
          for (Build build : Build.shipped()) {
            all.add(waiting(build, all.size()));
          }
        }
        start(all);
        System.err.printf("  %d lb-renderers wait for %d s%n", all.size(), calm.toSeconds());
        Wait.rest(calm);
        warmUp(joiners);
        for (Waiting one : all) {
          samples.add("first", one.name, join(joiners, one));
          Wait.rest(REST);
        }
      } finally {
        for (Waiting one : all) {
          one.rollcall.close();
        }
      }
      try (FloorOfPool floor = FloorOfPool.start(consul, directory, "random", POOL)) {
        for (int i = 0; i < WARM_UP + floors; i++) {
          FloorOfPool.Round took = floor.round();
          if (i >= WARM_UP) {
            FloorOfPool.print(samples, "first", "", took.join());
          }
        }
      }
    }
  }

  private Waiting waiting(Build build, int number) throws IOException {
    String service = "first-" + number;
    consul.fill(service, 0, POOL);
    InetSocketAddress site = Endpoint.of("127.25.1." + (number + 1), Haproxy.SITE_PORT);
    Path directory = Files.createTempDirectory("bench");
    return new Waiting(
        Rollcall.at(site, build, consul.authority(), directory, service), build.name(), service);
  }

  private static void start(List<Waiting> all) throws Exception {
    ExecutorService starting = Executors.newFixedThreadPool(STARTING);
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (Waiting one : all) {
        tasks.add(
            () -> {
              one.rollcall.start(POOL);
              return null;
            });
      }
      for (Future<Void> started : starting.invokeAll(tasks)) {
        started.get();
      }
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } finally {
      starting.shutdown();
    }
  }

  /** Instances join a service that nobody watches, and a server is asked that nobody balances. */
  private static void warmUp(Joiners joiners) throws InterruptedException {
    for (int i = 0; i < WARM_UP; i++) {
      Registration registration = joiners.join("elsewhere", 1);
      Wait.rest(Duration.ofMillis(50));
      registration.leave();
    }
    try (Site site = new Site(Endpoint.of(Nodes.ADDRESS, Nodes.FIRST_JOINER))) {
      for (int i = 0; i < WARM_UP_REQUESTS; i++) {
        site.ask();
      }
    }
  }

  private static double join(Joiners joiners, Waiting one) throws IOException {
    int port = joiners.nextPort();
    long began = System.nanoTime();
    joiners.join(one.service, 256);
    return new Arrival(one.rollcall).of(port, began);
  }
}
