package dev.rollcall.discovery.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceQuery;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.LoggerFactory;

/**
 * Two hundred watches in which nothing happens, and fifty heartbeats a second, in one process on
 * one agent. Prints what that costs, each figure on a line with its name and unit; ends with 1 if
 * there were fewer heartbeats.
 */
public final class Idle {

  private static final int WATCHES = 200;
  private static final int BEATS_A_SECOND = 50;
  private static final Duration SETTLING = Duration.ofSeconds(20);

  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private static final ThreadMXBean THREADS =
      ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

  private Idle() {}

  /** Runs for as many seconds as the first argument says, after some to settle. */
  public static void main(String[] args) throws InterruptedException {
    // A line for each of the registrations is no news here.
    ((Logger) LoggerFactory.getLogger("dev.rollcall.discovery")).setLevel(Level.ERROR);
    Duration length = Duration.ofSeconds(Long.parseLong(args[0]));
    Beats heartbeats = new Beats();
    ConsulOptions options = ConsulOptions.builder(System.getenv()).listener(heartbeats).build();
    try (Discovery discovery = Discovery.connect(options)) {
      for (int i = 0; i < WATCHES; i++) {
        discovery.watch(ServiceQuery.service("idle-" + i), snapshot -> {});
      }
      for (int i = 0; i < BEATS_A_SECOND; i++) {
        // Three heartbeats within the time that one holds.
        discovery.register(
            ServiceDefinition.named("beating")
                .id("beating-" + i)
                .address("127.0.0.1")
                .port(1024 + i)
                .check(HealthCheck.ttl(Duration.ofSeconds(3)))
                .build());
      }
      Thread.sleep(SETTLING.toMillis());
      measure(length, heartbeats.count);
    }
    if (heartbeats.count.sum() < 0.9 * BEATS_A_SECOND * length.toSeconds()) {
      System.err.println("there were only " + heartbeats.count + " heartbeats");
      System.exit(1);
    }
  }

  private static void measure(Duration length, LongAdder heartbeats) throws InterruptedException {
    heartbeats.reset();
    long began = System.nanoTime();
    long cpu = PROCESS.getProcessCpuTime();
    long allocated = allocated();
    Thread.sleep(length.toMillis());
    double seconds = (System.nanoTime() - began) / 1e9;
    row("heartbeats confirmed", "/s", heartbeats.sum() / seconds);
    row("CPU", "% of a core", (PROCESS.getProcessCpuTime() - cpu) / 1e7 / seconds);
    row("allocated", "KiB/s", (allocated() - allocated) / 1024.0 / seconds);
    row("threads", "", THREADS.getThreadCount());
  }

  /** By the threads that live; those of the library do as long as what they serve. */
  private static long allocated() {
    long sum = 0;
    for (long bytes : THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds())) {
      sum += Math.max(0, bytes);
    }
    return sum;
  }

  private static void row(String name, String unit, double value) {
    System.out.printf(Locale.ROOT, "%s\t%.1f\t%s%n", name, value, unit);
  }

  private static final class Beats implements DiscoveryListener {
    private final LongAdder count = new LongAdder();

    @Override
    public void heartbeatConfirmed(String id, Duration took) {
      count.increment();
    }
  }
}
