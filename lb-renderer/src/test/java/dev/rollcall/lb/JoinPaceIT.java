package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rollcall.lb.bench.Floor;
import dev.rollcall.lb.bench.Site;
import dev.rollcall.lb.update.HaproxyContainer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The small form of the benchmark {@code join}: how many times longer a join takes than what Consul
 * and HAProxy need for it by themselves, both measured in turn. It is a ratio, as a time would say
 * more of the machine and of what else runs there.
 */
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class JoinPaceIT {
  /** It is two to three on a quiet machine. */
  private static final double MOST = 6;

  private static final int POOL = 10;
  private static final int RETRIES = 2;
  private static final int WARM_UP = 8;
  private static final int ROUNDS = 15;

  /** After that time these are enough. */
  private static final int FEWEST = 5;

  private static final Duration ENOUGH = Duration.ofSeconds(45);

  /** For each core: beyond that nothing is judged. */
  private static final int MOST_WAITING = 3;

  private static final long REST_MILLIS = 300;
  private static final long PACE_MICROS = 500;
  private static final int FIRST_PORT = 9000;
  private static final int FIRST_JOINER = 9100;

  private static final String HEAD =
      """
      defaults
          mode http
          timeout connect 2s
          timeout client 30s
          timeout server 30s
          timeout http-keep-alive 10s
          option idle-close-on-response
          default-server inter 5s
      frontend site
          bind :8080
          default_backend web
      backend web
          balance random
      """;

  private static final String SERVERS =
      """
      {{#services.web}}
          server {{name}} {{address}}:{{port}} weight {{weight}} check
      {{/services.web}}
      """;

  /** Ports of another HAProxy in the same container, and each tells which it is. */
  private static final String INSTANCES =
      """
      defaults
          mode http
          timeout client 30s
      frontend instances
          bind 127.0.0.1:9000-9199
          http-request return status 200 content-type text/plain lf-string %[dst_port]
      """;

  @TempDir private Path ours;
  @TempDir private Path plain;
  private final ConsulContainer consul = new ConsulContainer();
  private HaproxyContainer haproxy;
  private HaproxyContainer haproxyOfFloor;
  private int number;

  @BeforeEach
  void start() throws IOException {
    consul.start();
    for (int i = 0; i < POOL; i++) {
      register("web", "web-" + i, FIRST_PORT + i, 1);
      register("floor", "floor-pool-" + i, FIRST_PORT + i, 1);
    }
    Files.writeString(ours.resolve("t.mustache"), HEAD + SERVERS);
    haproxy = startHaproxy(ours, HEAD + servers());
    haproxyOfFloor = startHaproxy(plain, (HEAD + servers()).replace(" web\n", " floor\n"));
  }

  private static String servers() {
    return IntStream.range(0, POOL)
        .mapToObj(i -> "    server web-%d 127.0.0.1:%d check%n".formatted(i, FIRST_PORT + i))
        .collect(Collectors.joining());
  }

  private static HaproxyContainer startHaproxy(Path directory, String configuration)
      throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path file = Files.writeString(directory.resolve("haproxy.cfg"), configuration);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Files.writeString(directory.resolve("instances"), INSTANCES);
    HaproxyContainer started = new HaproxyContainer(TestImages.haproxy(), directory, "admin");
    started.withInstances("instances").start();
    return started;
  }

  @AfterEach
  void stop() {
    haproxyOfFloor.stop();
    haproxy.stop();
    consul.stop();
  }

  @Test
  void aJoinTakesAFewTimesWhatConsulAndHaproxyNeedForIt() throws Exception {
    try (RendererProcess renderer =
            new RendererProcess(
                ours,
                Map.of(
                    "CONSUL_HTTP_ADDR",
                    consul.address(),
                    "JAVA_TOOL_OPTIONS",
                    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"), // as its package starts it
                "--template",
                ours.resolve("t.mustache").toString(),
                "--output",
                ours.resolve("haproxy.cfg").toString(),
                "--master-socket",
                ours.resolve("master.sock").toString(),
                "--listen",
                "127.0.0.1:0");
        Floor floor =
            new Floor(
                URI.create("http://" + consul.address()), "floor", plain.resolve("master.sock"))) {
      renderer.awaitReady();
      double ratio = ratio(floor);
      // Something else may have had the machine.
      for (int again = 0; ratio > MOST && again < RETRIES; again++) {
        ratio = ratio(floor);
      }
      assumeTrue(
          ratio <= MOST || !isOverloaded(), "too much else runs here for a judgement of " + ratio);
      assertThat(ratio).as("a join by its floor").isLessThanOrEqualTo(MOST);
    }
  }

  /** A join passes through more processes than its floor, so it waits oftener for a core. */
  private static boolean isOverloaded() {
    OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
    return system.getSystemLoadAverage() > MOST_WAITING * system.getAvailableProcessors();
  }

  /** The median of ours by that of the floor. */
  private double ratio(Floor floor) throws IOException, InterruptedException {
    List<Double> joins = new ArrayList<>();
    List<Double> floors = new ArrayList<>();
    URI uri = haproxy.site();
    long began = System.nanoTime();
    try (Site site = new Site(uri.getHost(), uri.getPort())) {
      for (int round = 0; round < WARM_UP + ROUNDS; round++) {
        if (joins.size() >= FEWEST && System.nanoTime() - began > ENOUGH.toNanos()) {
          break;
        }
        String id = "joiner-" + number;
        int port = FIRST_JOINER + number++ % 100;
        Thread.sleep(REST_MILLIS);
        double join = join(site, id, port);
        Thread.sleep(REST_MILLIS);
        double least = floor.join("floor-" + id, "127.0.0.1", port, 256).millis();
        consul.deregister(id);
        Thread.sleep(REST_MILLIS);
        floor.leave("floor-" + id);
        if (round >= WARM_UP) {
          joins.add(join);
          floors.add(least);
        }
      }
    }
    System.out.printf("join %.1f ms, floor %.1f ms%n", median(joins), median(floors));
    return median(joins) / median(floors);
  }

  /** Milliseconds until it answers. */
  private double join(Site site, String id, int port) throws IOException, InterruptedException {
    long began = System.nanoTime();
    register("web", id, port, 256);
    while (System.nanoTime() - began < TimeUnit.SECONDS.toNanos(30)) {
      if (site.ask() == port) {
        return (System.nanoTime() - began) / 1e6;
      }
      TimeUnit.MICROSECONDS.sleep(PACE_MICROS);
    }
    throw new IOException(id + " does not answer");
  }

  private void register(String service, String id, int port, int weight) {
    consul.register(
        """
        {"Name": "%s", "ID": "%s", "Address": "127.0.0.1", "Port": %d,
         "Weights": {"Passing": %d, "Warning": 1}}
        """
            .formatted(service, id, port, weight));
  }

  private static double median(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }
}
