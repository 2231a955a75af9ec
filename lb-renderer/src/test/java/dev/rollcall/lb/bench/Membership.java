package dev.rollcall.lb.bench;

import dev.rollcall.discovery.Registration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * How soon an instance that joins is answering clients of the site, and how soon one that leaves is
 * asked nothing more. One instance comes and goes at a time, in pools that are at rest; ours and
 * the peers take turns.
 *
 * <p>The pool has weight 1 and the joiner 256, balanced by {@code random}: so the joiner gets so
 * much of the traffic that it is not the number of servers before it that is measured. Its answer
 * is looked for by requests to the site every 250 µs, over a kept connection.
 *
 * <p>Arguments: the size of the pool, turns, rounds in each, and the same two for the peers. Writes
 * samples, in milliseconds and of the kinds {@code join} and {@code leave}.
 */
public final class Membership {
  private static final String BALANCE = "random";
  private static final int WARM_UP = 2;
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** So many answers of others in a row: the one that left gets a fifth of all at the least. */
  private static final int OTHERS_IN_A_ROW = 100;

  private final Registry consul = new Registry();
  private final Samples samples = new Samples();
  private final int pool;
  private int missed;

  private Membership(int pool) {
    this.pool = pool;
  }

  /** Measures. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int[] numbers = Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
    new Membership(numbers[0]).measure(numbers[1], numbers[2], numbers[3], numbers[4]);
    System.exit(0);
  }

  private void measure(int turns, int rounds, int peersTurns, int peersRounds)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("bench");
    consul.fill("web", 0, pool);
    try (Nodes nodes = Nodes.start(directory, pool);
        Joiners joiners = new Joiners()) {
      nodes.await();
      for (int turn = 1; turn <= Math.max(turns, peersTurns); turn++) {
        if (turn <= turns) {
          say(turn, turns, FloorOfPool.NAME);
          floor(directory, rounds);
          for (Balancer balancer : Balancers.builds(consul, directory, BALANCE)) {
            say(turn, turns, balancer.name());
            turn(balancer, joiners, rounds);
          }
        }
        if (turn <= peersTurns) {
          for (Balancer balancer : Balancers.peers(consul, directory, BALANCE)) {
            say(turn, peersTurns, balancer.name());
            turn(balancer, joiners, peersRounds);
          }
        }
      }
    } finally {
      consul.empty("web", 0, pool);
    }
  }

  private void say(int turn, int turns, String who) {
    System.err.printf("  %d servers, turn %d of %d: %s%n", pool, turn, turns, who);
  }

  private void floor(Path directory, int rounds) throws IOException, InterruptedException {
    String of = ", %d servers".formatted(pool);
    try (FloorOfPool floor = FloorOfPool.start(consul, directory, BALANCE, pool)) {
      for (int round = 0; round < WARM_UP + rounds; round++) {
        FloorOfPool.Round took = floor.round();
        if (round >= WARM_UP) {
          FloorOfPool.print(samples, "join", of, took.join());
          FloorOfPool.print(samples, "leave", of, took.leave());
        }
      }
    }
  }

  private void turn(Balancer balancer, Joiners joiners, int rounds)
      throws IOException, InterruptedException {
    String what = "%s, %d servers".formatted(balancer.name(), pool);
    missed = 0;
    try (balancer) {
      balancer.start(pool + 4);
      try (Site site = new Site(balancer.site())) {
        for (int round = 0; round < WARM_UP + rounds; round++) {
          Wait.rest(balancer.rest());
          round(what, balancer, joiners, site, round >= WARM_UP);
        }
      }
    }
    if (missed > 0) {
      System.err.printf(
          "  %s: %d of %d not within %d s%n", what, missed, rounds, LIMIT.toSeconds());
    }
  }

  private void round(String what, Balancer balancer, Joiners joiners, Site site, boolean counts)
      throws InterruptedException {
    int port = joiners.nextPort();
    long began = System.nanoTime();
    Registration registration = joiners.join(balancer.highestWeight());
    boolean seen = awaitFirst(site, port, began);
    if (counts) {
      sample("join", what, seen, System.nanoTime() - began);
    }
    Wait.rest(balancer.rest());
    began = System.nanoTime();
    CompletableFuture<Boolean> left = registration.leaveAsync();
    long last = awaitLast(site, port, began);
    if (counts && seen) {
      sample("leave", what, last >= 0, Math.max(0, last));
    }
    if (!left.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join()) {
      throw new IllegalStateException("Consul has not confirmed that an instance left");
    }
  }

  private void sample(String kind, String what, boolean within, long nanos) {
    if (!within) {
      missed++;
    }
    samples.add(kind, what, (within ? nanos : LIMIT.toNanos()) / 1e6);
  }

  private static boolean awaitFirst(Site site, int port, long began) {
    for (long next = began; System.nanoTime() - began < LIMIT.toNanos(); next += Site.PACE_NANOS) {
      Site.pauseUntil(next);
      if (site.ask() == port) {
        return true;
      }
    }
    return false;
  }

  /** When the last request to the port began; negative if there was no last one in time. */
  private static long awaitLast(Site site, int port, long began) {
    long last = 0;
    int others = 0;
    for (long next = began; System.nanoTime() - began < LIMIT.toNanos(); next += Site.PACE_NANOS) {
      Site.pauseUntil(next);
      long asked = System.nanoTime();
      if (site.ask() == port) {
        last = asked - began;
        others = 0;
      } else if (++others == OTHERS_IN_A_ROW) {
        return last;
      }
    }
    return -1;
  }
}
