package dev.rollcall.lb.bench;

import dev.rollcall.discovery.Registration;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Instances come and go under a load, which another program makes and judges. Three stay; of those
 * that come no more than four are there at once. Each serves on after it has left until it is asked
 * nothing more.
 *
 * <p>Arguments: {@code ours} or {@code reload}, the number of changes, the script of the load and
 * the directory for what the load says.
 */
public final class Lossless {
  private static final int STAYING = 3;
  private static final int MOST = 4;
  private static final Duration BETWEEN = Duration.ofMillis(400);

  /** Longer than a request takes: what begins in the last of it may be cut by the load's end. */
  private static final Duration TAIL = Duration.ofSeconds(5);

  private static final Duration LONGEST = Duration.ofMinutes(10);
  private static final int FIRST_PORT = 18_000;
  private static final int CONTROL_PORT = 25_090;

  private record Member(LiveNode node, Registration registration) {}

  private Lossless() {}

  /** Runs the load and the changes. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    run(arguments[0], Integer.parseInt(arguments[1]), arguments[2], Path.of(arguments[3]));
    System.exit(0);
  }

  private static void run(String who, int changes, String script, Path out)
      throws IOException, InterruptedException {
    Registry consul = new Registry();
    Path directory = Files.createTempDirectory("bench");
    consul.fill("web", 0, STAYING);
    try (Nodes nodes = Nodes.start(directory, STAYING);
        Joiners joiners = new Joiners();
        Balancer balancer =
            who.equals("ours")
                ? new Rollcall(
                    Build.ours(),
                    consul.authority(),
                    directory,
                    Rollcall.pool("roundrobin", "web"),
                    List.of())
                : new WatchAndReload(
                    consul, directory, "roundrobin", WatchAndReload.Way.NEW_PROCESS)) {
      nodes.await();
      balancer.start(STAYING + MOST);
      System.err.printf("  %s: %d changes%n", balancer.name(), changes);
      Process load =
          Command.start(
              directory.resolve("load.log"),
              List.of(
                  "bash",
                  script,
                  out.toString(),
                  balancer.site().getHostString(),
                  Integer.toString(Haproxy.SITE_PORT),
                  Long.toString(LONGEST.toSeconds()),
                  Integer.toString(CONTROL_PORT)));
      try {
        Wait.until(
            "the load has begun",
            Duration.ofSeconds(60),
            () -> Files.size(out.resolve("load.csv")) > 10_000);
        change(joiners, changes);
        Wait.rest(TAIL);
        Files.writeString(out.resolve("end"), Long.toString(System.currentTimeMillis()));
        Wait.rest(TAIL);
        shutDown();
        // Its clients that wait for their next turn do not all notice; they are ended then.
        load.waitFor(TAIL.toSeconds(), TimeUnit.SECONDS);
      } finally {
        Command.end(load);
      }
    }
  }

  private static void shutDown() throws IOException {
    byte[] command = "Shutdown".getBytes(StandardCharsets.US_ASCII);
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.send(
          new DatagramPacket(
              command, command.length, InetAddress.getLoopbackAddress(), CONTROL_PORT));
    }
  }

  private static void change(Joiners joiners, int changes)
      throws IOException, InterruptedException {
    Deque<Member> members = new ArrayDeque<>();
    List<Thread> draining = new ArrayList<>();
    for (int i = 0, joined = 0; i < changes; i++) {
      // Two come, two go.
      if (members.size() < MOST && i % 4 < 2) {
        int port = FIRST_PORT + joined++;
        members.add(new Member(new LiveNode(port), joiners.join("web", port, 1)));
      } else {
        Member leaving = members.remove();
        Thread thread = new Thread(() -> leave(leaving));
        thread.start();
        draining.add(thread);
      }
      Wait.rest(BETWEEN);
    }
    for (Thread thread : draining) {
      thread.join();
    }
  }

  private static void leave(Member member) {
    try {
      member.registration().leave();
      member.node().drain();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
