package dev.rollcall.lb.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Services come and go by the template many-services, while others ask one service that stays: what
 * the others lose, how long they wait, and how often HAProxy reloads.
 *
 * <p>Arguments: how many services, how often they come and go, seconds of calm before each time.
 * Writes samples as {@link Growth} does: of the requests {@code time} in milliseconds, of the rest
 * {@code once} with a unit.
 */
public final class NewServices {
  private static final Path TEMPLATES = Path.of("compose/templates");
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int CLIENTS = 4;
  private static final Duration PAUSE = Duration.ofMillis(10);

  private final Registry consul = new Registry();
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final Queue<String> samples = new ConcurrentLinkedQueue<>();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private volatile String phase = "";
  private volatile boolean ended;

  private NewServices() {}

  /** Measures. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    new NewServices()
        .measure(
            Integer.parseInt(arguments[0]),
            Integer.parseInt(arguments[1]),
            Duration.ofSeconds(Long.parseLong(arguments[2])));
    System.exit(0);
  }

  private void measure(int services, int rounds, Duration calm)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("bench");
    register(0, "site");
    try (Nodes nodes = Nodes.start(directory, services);
        Rollcall rollcall = rollcall(directory)) {
      nodes.await();
      rollcall.start(services);
      String worker = rollcall.status("workerPid");
      String reloads = rollcall.status("reloads");
      List<Thread> clients = clients(rollcall.site());
      for (int round = 0; round < rounds; round++) {
        phase = "calm";
        Wait.rest(calm);
        phase = "%d services come and go".formatted(services - 1);
        long began = System.nanoTime();
        for (int number = 1; number < services; number++) {
          register(number, host(number));
        }
        await(rollcall.site(), services, true);
        once("until the last of them answers", seconds(began), "s");
        Wait.rest(Duration.ofSeconds(1));
        began = System.nanoTime();
        for (int number = 1; number < services; number++) {
          consul.empty("s-" + number, number, number + 1);
        }
        await(rollcall.site(), services, false);
        once("until the last of them is gone", seconds(began), "s");
        Wait.rest(Duration.ofSeconds(2));
      }
      ended = true;
      for (Thread client : clients) {
        client.join();
      }
      samples.forEach(out::println);
      once("requests of the others", (double) requests.get(), "");
      once("lost", (double) lost.get(), "");
      once(
          "reloads",
          (double) (Long.parseLong(rollcall.status("reloads")) - Long.parseLong(reloads)),
          "");
      once("other worker at the end", worker.equals(rollcall.status("workerPid")) ? 0 : 1, "");
    }
  }

  private Rollcall rollcall(Path directory) throws IOException {
    Path map = directory.resolve("services.map");
    String template =
        Files.readString(TEMPLATES.resolve("many-services.mustache"))
            .replaceAll("bind :\\{\\{#env.LB_SITE_PORT.*", "bind 127.25.0.2:" + Haproxy.SITE_PORT)
            .replaceAll("bind :\\{\\{#env.LB_HEALTH_PORT.*", "bind 127.25.0.2:9000")
            .replace("{{env.LB_SERVICES_MAP}}", map.toString());
    return Rollcall.ofTemplate(
        consul.authority(),
        directory,
        template,
        List.of(
            "--template",
            TEMPLATES.resolve("many-services.map.mustache") + ":" + map,
            "--services",
            "s-*",
            "--allow-host",
            "site,*.example.org",
            "--min-servers",
            "0",
            "--guard-grace",
            "0s"));
  }

  private void register(int number, String host) throws IOException {
    consul.fill("s-" + number, number, number + 1, "{\"lb-host\": \"" + host + "\"}");
  }

  private static String host(int number) {
    return "s-" + number + ".example.org";
  }

  /** Until each service answers, or none does. */
  private static void await(InetSocketAddress site, int services, boolean there)
      throws IOException {
    for (int i = 1; i < services; i++) {
      int number = i;
      try (Site client = new Site(site, host(number))) {
        Wait.until(
            host(number) + (there ? " answers" : " is gone"),
            LIMIT,
            () -> (client.ask() == Nodes.FIRST_PORT + number) == there && !client.failed());
      }
    }
  }

  private List<Thread> clients(InetSocketAddress site) {
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Thread client = new Thread(() -> ask(site), "client-" + i);
      client.start();
      clients.add(client);
    }
    return clients;
  }

  private void ask(InetSocketAddress address) {
    try (Site site = new Site(address)) {
      while (!ended) {
        String during = phase;
        long began = System.nanoTime();
        boolean answered = site.ask() == Nodes.FIRST_PORT;
        double took = (System.nanoTime() - began) / 1e6;
        requests.incrementAndGet();
        if (!answered) {
          lost.incrementAndGet();
        }
        if (!during.isEmpty()) {
          samples.add("%s\t%.3f\ttime".formatted(during, took));
        }
        Wait.rest(PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static double seconds(long began) {
    return (System.nanoTime() - began) / 1e9;
  }

  private void once(String name, double value, String unit) {
    out.printf("%s\t%.2f\tonce %s%n", name, value, unit);
  }
}
