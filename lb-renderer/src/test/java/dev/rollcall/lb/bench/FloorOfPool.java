package dev.rollcall.lb.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The {@link Floor} of the service {@code web}, with a HAProxy that has the pool from the
 * beginning. Takes its turn as the balancers do, so that what else goes on here slows both.
 */
final class FloorOfPool implements AutoCloseable {
  /** The name of what it measures; those of its parts begin with it. */
  static final String NAME = "floor";

  private static final String ASKED = NAME + ": while the site is asked";

  /** Of a plain client that keeps no pace. */
  private static final Duration REST = Duration.ofMillis(400);

  private static final int WEIGHT = 256;

  private static int number;

  private final Haproxy haproxy;
  private final Floor floor;
  private final Site site = new Site(Haproxy.SITE);

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

  /**
   * What a change took.
   *
   * @param atRest while nothing else goes on
   * @param askedMillis both parts while a client asks the site, as the one that looks for a joiner
   *     does
   */
  record Change(Floor.Took atRest, double askedMillis) {}

  /** What a join and the leave after it took. */
  record Round(Change join, Change leave) {}

  /** One comes and goes, after a rest each, and then another one while a client asks the site. */
  Round round() throws IOException, InterruptedException {
    String id = "floor-" + number;
    int port = Nodes.joiner(number++);
    String second = "floor-" + number;
    int itsPort = Nodes.joiner(number++);
    Wait.rest(REST);
    Floor.Took join = floor.join(id, Nodes.ADDRESS, port, WEIGHT);
    Wait.rest(REST);
    Floor.Took leave = floor.leave(id);
    Wait.rest(REST);
    Floor.Took joinAsked = whileAsked(() -> floor.join(second, Nodes.ADDRESS, itsPort, WEIGHT));
    Wait.rest(REST);
    Floor.Took leaveAsked = whileAsked(() -> floor.leave(second));
    return new Round(new Change(join, joinAsked.millis()), new Change(leave, leaveAsked.millis()));
  }

  /** A change of the floor. */
  private interface FloorChange {
    Floor.Took make() throws IOException;
  }

  private Floor.Took whileAsked(FloorChange change) throws IOException {
    AtomicBoolean over = new AtomicBoolean();
    long began = System.nanoTime();
    CompletableFuture<Void> client =
        CompletableFuture.runAsync(
            () -> {
              for (long next = began; !over.get(); next += Site.PACE_NANOS) {
                Site.pauseUntil(next);
                site.ask();
              }
            });
    try {
      return change.make();
    } finally {
      over.set(true);
      client.join();
    }
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
  static void print(Samples samples, String kind, String pool, Change change) {
    Floor.Took took = change.atRest();
    samples.add(kind, NAME + pool, took.millis());
    samples.add(kind, ASKED + pool, change.askedMillis());
    samples.add(kind, NAME + ": Consul" + pool, took.consulMillis());
    samples.add(kind, NAME + ": HAProxy" + pool, took.haproxyMillis());
    samples.add(kind, NAME + ": HAProxy, @1 before each" + pool, took.eachMillis());
    took.lineMillis()
        .ifPresent(millis -> samples.add(kind, NAME + ": HAProxy, one line of @@1" + pool, millis));
  }

  @Override
  public void close() throws IOException {
    try (haproxy;
        site) {
      floor.close();
    }
  }
}
