package dev.rollcall.discovery.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.sun.management.OperatingSystemMXBean;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.Watch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.LoggerFactory;

/**
 * A thousand registrations and two hundred watches in one process on one agent, for some minutes.
 * Prints what it cost, each figure on a line with its name and unit; ends with 1 if a heartbeat was
 * missed, a call failed or a watch saw an instance go.
 */
public final class Crowd {

  private static final int REGISTRATIONS = 1000;
  private static final int WATCHES = 200;
  private static final Duration TTL = Duration.ofSeconds(15);
  private static final Duration LEAVE_LIMIT = Duration.ofMinutes(1);
  private static final String ESTABLISHED = "01";
  private static final Duration JOIN_LIMIT = Duration.ofMinutes(2);

  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final Map<String, Long> beaten = new ConcurrentHashMap<>();
  private final AtomicLong longestGap = new AtomicLong();
  private final LongAdder heartbeats = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder answers = new LongAdder();
  private final LongAdder shrunk = new LongAdder();
  private final Map<String, Integer> seen = new ConcurrentHashMap<>();

  private final URI agent = ConsulOptions.fromEnvironment().address();
  private final Discovery discovery =
      Discovery.connect(
          ConsulOptions.builder()
              .address(agent)
              .leaveTimeout(LEAVE_LIMIT)
              .listener(new Counting())
              .build());
  private final List<Watch> watches = new ArrayList<>();
  private final List<Registration> registrations = new ArrayList<>();

  private Crowd() {}

  /** Runs for as many minutes as the first argument says. */
  public static void main(String[] args) throws InterruptedException {
    // A line for each of a thousand is no news here.
    ((Logger) LoggerFactory.getLogger("dev.rollcall.discovery")).setLevel(Level.ERROR);
    Crowd crowd = new Crowd();
    crowd.join();
    String wrong = crowd.stay(Duration.ofMinutes(Long.parseLong(args[0])));
    crowd.leave();
    if (!wrong.isEmpty()) {
      System.err.println(wrong);
      System.exit(1);
    }
  }

  private void join() throws InterruptedException {
    long began = System.nanoTime();
    for (int i = 0; i < WATCHES; i++) {
      watches.add(discovery.watch(ServiceQuery.service("crowd-" + i), this::see));
    }
    for (int i = 0; i < REGISTRATIONS; i++) {
      registrations.add(
          discovery.register(
              ServiceDefinition.named("crowd-" + i % WATCHES)
                  .id("crowd-" + i)
                  .address("127.0.0.1")
                  .port(1024 + i)
                  .check(HealthCheck.ttl(TTL))
                  .build()));
    }
    for (int looks = 0; !complete(); looks++) {
      if (seconds(began) > JOIN_LIMIT.toSeconds()) {
        throw new IllegalStateException("not all have joined: " + whoIsThere());
      }
      if (looks % 20 == 0) {
        System.err.printf("%.0f s: %s%n", seconds(began), whoIsThere());
      }
      Thread.sleep(250);
    }
    row("all joined and seen by the watches", "s", seconds(began));
  }

  /** Stays for some time, and tells what went wrong in it; empty if nothing did. */
  private String stay(Duration length) throws InterruptedException {
    long start = System.nanoTime();
    longestGap.set(0);
    beaten.replaceAll((id, at) -> start);
    List.of(heartbeats, answers, shrunk, failures).forEach(LongAdder::reset);
    long cpu = PROCESS.getProcessCpuTime();
    double heapBefore = heap();
    long connections = 0;
    for (int second = 0; seconds(start) < length.toSeconds(); second++) {
      Thread.sleep(1000);
      connections = Math.max(connections, connections(agent.getPort()));
      if (second % 30 == 29) {
        System.err.printf("%d of %d s: %s%n", second + 1, length.toSeconds(), whoIsThere());
      }
    }
    double took = seconds(start);
    row("length of the run", "s", took);
    row("heartbeats confirmed", "/s", heartbeats.sum() / took);
    row("longest time between two heartbeats of an instance", "s", longestGap.get() / 1e9);
    row("calls that failed", "", (double) failures.sum());
    row("answers to watches", "/s", answers.sum() / took);
    row("instances that a watch saw go", "", (double) shrunk.sum());
    row("CPU", "% of a core", (PROCESS.getProcessCpuTime() - cpu) / 1e7 / took);
    row("threads", "", ManagementFactory.getThreadMXBean().getThreadCount());
    row("connections to the agent, at most", "", (double) connections);
    row("heap in use at the start, after collection", "MiB", heapBefore);
    row("heap in use at the end, after collection", "MiB", heap());
    if (longestGap.get() > TTL.toNanos()) {
      return "an instance was without a heartbeat for longer than its TTL";
    }
    boolean well = complete() && shrunk.sum() == 0 && failures.sum() == 0;
    return well ? "" : "a call failed, or a watch saw an instance go";
  }

  private void leave() {
    long began = System.nanoTime();
    watches.forEach(Watch::close);
    discovery.close();
    row("all left and closed", "s", seconds(began));
  }

  private String whoIsThere() {
    return "%d pass, %d are seen".formatted(passing(), seen());
  }

  private boolean complete() {
    return passing() == REGISTRATIONS && seen() == REGISTRATIONS;
  }

  private long passing() {
    return registrations.stream().filter(one -> one.state() == RegistrationState.PASSING).count();
  }

  private int seen() {
    return seen.values().stream().mapToInt(Integer::intValue).sum();
  }

  private void see(Snapshot snapshot) {
    int now = snapshot.instances().size();
    Integer before = seen.put(snapshot.query().service(), now);
    if (before != null && now < before) {
      shrunk.add(before - now);
    }
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static void row(String name, String unit, double value) {
    System.out.printf(Locale.ROOT, "%s\t%.1f\t%s%n", name, value, unit);
  }

  private static double heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1048576.0;
  }

  /** Established connections to a port, as the kernel lists them for this network. */
  private static long connections(int port) {
    return connections("/proc/self/net/tcp", port) + connections("/proc/self/net/tcp6", port);
  }

  private static long connections(String table, int port) {
    String remote = String.format(Locale.ROOT, ":%04X", port);
    try {
      return Files.readAllLines(Path.of(table)).stream()
          .map(line -> line.strip().split("\\s+"))
          .filter(fields -> fields[2].endsWith(remote) && fields[3].equals(ESTABLISHED))
          .count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final class Counting implements DiscoveryListener {
    @Override
    public void heartbeatConfirmed(String id, Duration took) {
      long now = System.nanoTime();
      Long before = beaten.put(id, now);
      if (before != null) {
        longestGap.accumulateAndGet(now - before, Math::max);
      }
      heartbeats.increment();
    }

    @Override
    public void registrationFailed(String id, ConsulFailure failure) {
      failures.increment();
    }

    @Override
    public void watchFailed(ServiceQuery query, ConsulFailure failure) {
      failures.increment();
    }

    @Override
    public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
      answers.increment();
    }
  }
}
