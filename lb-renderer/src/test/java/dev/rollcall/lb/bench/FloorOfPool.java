package dev.rollcall.lb.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The {@link Floor} of the service {@code web}, with a HAProxy that has the pool from the
 * beginning. Takes its turn as the balancers do, so that what else goes on here slows both.
 */
final class FloorOfPool implements AutoCloseable {
  /** The name of what it measures; those of its parts begin with it. */
  static final String NAME = "floor";

  /** Of a plain client that keeps no pace. */
  private static final Duration REST = Duration.ofMillis(400);

  private static int number;

  private final Haproxy haproxy;
  private final Floor floor;

  private FloorOfPool(Haproxy haproxy, Floor floor) {
    this.haproxy = haproxy;
    this.floor = floor;
  }

  /**
   * Starts HAProxy, and begins to watch.
   *
   * @param pool how many instances the service has
   */
  static FloorOfPool start(Registry consul, Path directory, String balance, int pool)
      throws IOException {
    Path file = directory.resolve("haproxy.cfg");
    Path socket = directory.resolve("master.sock");
    String servers =
        IntStream.range(0, pool)
            .mapToObj(
                i ->
                    "    server web-%d %s:%d weight 1 check%n"
                        .formatted(i, Nodes.ADDRESS, Nodes.FIRST_PORT + i))
            .collect(Collectors.joining());
    Files.writeString(
        file, Haproxy.COMMON + "backend web\n    balance " + balance + "\n" + servers);
    Haproxy haproxy = Haproxy.start(directory, Haproxy.withMaster(socket, file));
    try {
      Wait.forSite(Haproxy.SITE);
      return new FloorOfPool(haproxy, new Floor(consul.address(), "web", socket));
    } catch (IOException e) {
      haproxy.close();
      throw e;
    }
  }

  /** What a join and the leave after it took. */
  record Round(Floor.Took join, Floor.Took leave) {}

  /** One comes and goes, after a rest each. */
  Round round() throws IOException, InterruptedException {
    String id = "floor-" + number;
    int port = Nodes.joiner(number++);
    Wait.rest(REST);
    Floor.Took join = floor.join(id, Nodes.ADDRESS, port, 256);
    Wait.rest(REST);
    return new Round(join, floor.leave(id));
  }

  /** So many come within a time, after a rest; see {@link Floor#burst}. */
  double burst(int joining, Duration within) throws IOException, InterruptedException {
    List<String> ids =
        IntStream.range(number, number + joining).mapToObj(i -> "floor-" + i).toList();
    number += joining;
    Wait.rest(REST);
    return floor.burst(ids, Nodes.ADDRESS, Nodes.FIRST_JOINER, within);
  }

  /** The whole and its parts as samples, each with the name of the pool. */
  static void print(Samples samples, String kind, String pool, Floor.Took took) {
    samples.add(kind, NAME + pool, took.millis());
    samples.add(kind, NAME + ": Consul" + pool, took.consulMillis());
    samples.add(kind, NAME + ": HAProxy" + pool, took.haproxyMillis());
    samples.add(kind, NAME + ": HAProxy, @1 before each" + pool, took.eachMillis());
    took.lineMillis()
        .ifPresent(millis -> samples.add(kind, NAME + ": HAProxy, one line of @@1" + pool, millis));
  }

  @Override
  public void close() throws IOException {
    try (haproxy) {
      floor.close();
    }
  }
}
