package dev.rollcall.lb.update;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.CachingConfigParser;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.consul.SelfPreservation;
import dev.rollcall.lb.consul.SelfPreservationRules;
import dev.rollcall.lb.consul.SelfPreservationRules.PerService;
import dev.rollcall.lb.consul.SelfPreservationRules.UndersizedPoolPolicy;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.RuntimeApiException;
import dev.rollcall.lb.haproxy.ServerState;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.ServerNames;
import dev.rollcall.lb.template.TemplateEnvironment;
import dev.rollcall.lb.template.TemplateException;
import dev.rollcall.lb.template.TemplateSource;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What one instance that joins costs the renderer itself, by the size of its pool, from what Consul
 * says to the plan and the look whether HAProxy has it; without files, HAProxy and network. Prints
 * each figure on a line with its name and unit: the thread's CPU time, which other work on the
 * machine lengthens least, best and median after as long to warm up.
 */
public final class ChangeCostBenchmark {

  private static final Set<String> WEB = Set.of("web");
  private static final Duration LENGTH = Duration.ofMillis(500);

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final int size;
  private final HaproxyTemplate template;
  private final CatalogSnapshot before;
  private final CatalogSnapshot after;
  private final String running;
  private final String wanted;
  private final String state;
  private final CachingConfigParser reader = new CachingConfigParser();
  private int turns;

  private ChangeCostBenchmark(int size) throws TemplateException {
    this.size = size;
    template =
        HaproxyTemplate.compile(
            "built-in",
            TemplateSource.builtIn().read(),
            new TemplateEnvironment(Map.of("STATS_USER", "u", "STATS_PASSWORD", "p")));
    before = view(size - 1);
    after = view(size);
    running = template.render(before, ServerNames.NONE).text();
    wanted = template.render(after, ServerNames.NONE).text();
    state = state(size);
  }

  /** Measures pools of so many servers; 50, 500 and 5,000 unless the arguments say others. */
  public static void main(String[] args) throws TemplateException {
    int[] sizes =
        args.length == 0
            ? new int[] {50, 500, 5000}
            : Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
    for (int size : sizes) {
      new ChangeCostBenchmark(size).measure();
    }
  }

  private void measure() throws TemplateException {
    time("guard", this::guard);
    time("render", () -> template.render(after, ServerNames.NONE).text().length());
    HaproxyConfig had = reader.parse(running);
    HaproxyConfig has = reader.parse(wanted);
    time("read the new configuration", this::read);
    time(
        "plan",
        () ->
            steps(
                UpdatePlanner.plan(
                    had, has, HaproxyVersion.release(3, 0), Draining.NONE, List.of())));
    time("read and compare HAProxy's servers", () -> drift(has));
  }

  private int guard() {
    SelfPreservation guard =
        new SelfPreservation(
            new SelfPreservationRules(
                PerService.all(30),
                PerService.all(Duration.ofMinutes(1)),
                PerService.all(1),
                PerService.all(new UndersizedPoolPolicy.Hold())),
            Map.of());
    guard.accept(before, WEB, Set.of(), Duration.ZERO);
    return guard.accept(after, WEB, Set.of(), Duration.ofSeconds(++turns)).pools().size();
  }

  /** Another text each time, as one that was read before is not read again. */
  private int read() {
    return reader.parse(wanted + "# " + ++turns).sections().size();
  }

  private static int steps(UpdatePlan plan) {
    if (plan instanceof UpdatePlan.RuntimeChange change && change.changes().size() == 1) {
      return 1;
    }
    throw new IllegalStateException("one server was to join, and there is " + plan);
  }

  private int drift(HaproxyConfig config) {
    try {
      return DriftDetector.detect(config, ServerState.parse(state), Set.of(), Map.of(), Set.of())
          .differences()
          .size();
    } catch (RuntimeApiException e) {
      throw new IllegalStateException(e);
    }
  }

  private interface Turn {
    int run() throws TemplateException;
  }

  private void time(String what, Turn turn) throws TemplateException {
    List<Long> times = new ArrayList<>();
    int sum = 0;
    for (long spent = 0; spent < 2 * LENGTH.toNanos(); ) {
      long start = THREADS.getCurrentThreadCpuTime();
      sum += turn.run();
      long took = THREADS.getCurrentThreadCpuTime() - start;
      if (spent > LENGTH.toNanos() || took > LENGTH.toNanos()) {
        times.add(took);
      }
      spent += took;
    }
    times.sort(null);
    row(what + " of " + size + ", best", times.get(0));
    row(what + " of " + size + ", median", times.get(times.size() / 2));
    if (sum < 0) {
      throw new IllegalStateException("what is measured must not be left out");
    }
  }

  private static void row(String name, long nanos) {
    System.out.printf(Locale.ROOT, "%s\t%.3f\tms%n", name, nanos / 1e6);
  }

  private static CatalogSnapshot view(int size) {
    List<ServiceInstance> instances = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      instances.add(
          ServiceInstance.builder("web", ip(i), 8080)
              .id("web-%05d".formatted(i))
              .node("node-" + i)
              .tags(List.of("v1"))
              .meta(Map.of("version", "1"))
              .datacenter("dc1")
              .build());
    }
    return CatalogSnapshot.of(Map.of("web", Pool.fromConsul(instances, HealthStatus.PASSING, 0)));
  }

  private static String ip(int i) {
    return "10.0." + (i >> 8) + "." + (i & 255);
  }

  private static String state(int size) {
    StringBuilder table = new StringBuilder("1\n# be_id be_name srv_id srv_name srv_addr ");
    table.append("srv_op_state srv_admin_state srv_uweight srv_port\n");
    for (int i = 0; i < size; i++) {
      table.append("3 web %d web-%05d %s 2 0 1 8080\n".formatted(i, i, ip(i)));
    }
    return table.toString();
  }
}
