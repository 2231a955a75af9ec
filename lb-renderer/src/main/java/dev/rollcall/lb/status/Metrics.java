package dev.rollcall.lb.status;

import dev.rollcall.lb.consul.Catalog;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is counted and measured, in Prometheus' text format. Nothing that comes from Consul becomes
 * a label: {@code service} is a name that the template gives, or that of one of a bounded number of
 * selected services, and the other labels have a few values each. Thread-safe.
 *
 * @see <a href="https://prometheus.io/docs/practices/naming/">Metric and label naming</a>
 */
public final class Metrics implements AutoCloseable {
  /** Version 0.0.4 is what every Prometheus reads. */
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final List<String> APPLY_KINDS =
      List.of("no-change", "changed", "reloaded", "written", "waiting", "rejected", "failed");

  private static final Set<String> INSTANCE_CHANGES = Set.of("joined", "left", "left-out");

  private static final Duration[] BUCKETS =
      Stream.of(10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics garbage = new JvmGcMetrics();
  private final MultiGauge instances = perService("instances", "Instances in the configuration");
  private final MultiGauge refused =
      perService("instances.refused", "Instances left out of the configuration");
  private final MultiGauge stale =
      perService("service.stale", "1 if what is known of the service may be out of date");
  private final MultiGauge backends =
      perService(
          "service.backend",
          "1 for what gives Consul's answers, and the consistency that they have");
  private final MultiGauge ages =
      MultiGauge.builder("rollcall.lb.service.age")
          .description("How long ago Consul confirmed what is known of the service")
          .baseUnit("seconds")
          .register(registry);

  /** What a scrape shows; the gauges read it, so that they agree. */
  private record Scrape(Status status, RuntimeStatus runtime) {}

  private volatile @Nullable Scrape scrape;

  /** Counts nothing of the status yet; the JVM's own figures are there. */
  public Metrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    garbage.bindTo(registry);
    gauge(
        "haproxy.up",
        "1 if a worker of HAProxy serves",
        now -> flag(now.runtime.haproxy().running()));
    String workers = "HAProxy's workers: the one that serves, and those that finish";
    gauge(
        "haproxy.workers",
        workers,
        now -> flag(now.runtime.haproxy().workerPid() != 0),
        "state",
        "current");
    gauge("haproxy.workers", workers, now -> now.runtime.haproxy().oldWorkers(), "state", "old");
    gauge(
        "haproxy.reloads",
        "Reloads since HAProxy's master started",
        now -> now.runtime.haproxy().reloads());
    gauge(
        "template.problem",
        "1 if the template's file holds what can't be used",
        now -> flag(now.status.template().problem() != null));
    gauge(
        "problems",
        "How many problems /status lists",
        now -> StatusDocument.problems(now.status, now.runtime).size());
    gauge("in.use", "1 if the last configuration is in use", now -> flag(now.status.inUse()));
    TimeGauge.builder(
            "rollcall.lb.last.success.timestamp", this, TimeUnit.SECONDS, Metrics::lastSuccess)
        .description("When a configuration was last taken, in Unix time; 0 if none was")
        .register(registry);
    for (String kind : APPLY_KINDS) {
      ToDoubleFunction<Scrape> count = now -> now.status.applies().getOrDefault(kind, 0L);
      FunctionCounter.builder("rollcall.lb.applies", this, metrics -> metrics.read(count))
          .tag("kind", kind)
          .description("What became of configurations, by kind")
          .register(registry);
    }
  }

  /** Where others may count what is theirs. */
  public MeterRegistry registry() {
    return registry;
  }

  /** Counts what the board is told from now on. */
  void observe(StatusBoard board) {
    Timer changes =
        Timer.builder("rollcall.lb.change.applied")
            .description("From a change of the catalog or the template to its being in use")
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
    Timer took =
        Timer.builder("rollcall.lb.apply")
            .description("How long applying a configuration took")
            .register(registry);
    board.onUpdate(
        (before, now) -> {
          Status.Apply apply = now.lastApply();
          if (apply != null && !now.applies().equals(before.applies())) {
            took.record(nanos(apply.seconds()), TimeUnit.NANOSECONDS);
            Double since = apply.secondsSinceChange();
            if (since != null && !apply.kind().equals("no-change")) {
              changes.record(nanos(since), TimeUnit.NANOSECONDS);
            }
          }
          now.history().changes().stream()
              .filter(change -> change.number() > before.history().latest())
              .forEach(this::countPool);
        });
  }

  private void countPool(History.Change change) {
    if (change.kind().equals("service-removed")) {
      // Services come and go for as long as the process lives: what is gone is not counted on.
      registry.getMeters().stream()
          .map(Meter::getId)
          .filter(id -> Objects.equals(id.getTag("service"), change.service()))
          .forEach(registry::remove);
    } else if (change.service() != null && INSTANCE_CHANGES.contains(change.kind())) {
      Counter.builder("rollcall.lb.instance.changes")
          .tag("service", change.service())
          .tag("change", change.kind())
          .description("Instances that joined, left, or were left out")
          .register(registry)
          .increment(change.count());
    }
  }

  /** Everything as of now. */
  synchronized String scrape(Status status, RuntimeStatus runtime) {
    scrape = new Scrape(status, runtime);
    instances.register(rows(status, Status.Service::served), true);
    refused.register(
        rows(status, service -> (double) service.instances().size() - service.served()), true);
    ages.register(rows(runtime, watch -> Status.seconds(watch.age())), true);
    backends.register(
        runtime.watches().entrySet().stream()
            .flatMap(watch -> backend(watch.getKey(), watch.getValue()))
            .toList(),
        true);
    stale.register(rows(runtime, watch -> flag(watch.stale())), true);
    return registry.scrape();
  }

  private static List<Row<?>> rows(Status status, ToDoubleFunction<Status.Service> value) {
    return status.services().stream()
        .<Row<?>>map(service -> row(service.name(), value.applyAsDouble(service)))
        .toList();
  }

  private static List<Row<?>> rows(
      RuntimeStatus runtime, ToDoubleFunction<Catalog.WatchStatus> value) {
    return runtime.watches().entrySet().stream()
        .<Row<?>>map(age -> row(age.getKey(), value.applyAsDouble(age.getValue())))
        .toList();
  }

  private static Stream<Row<?>> backend(String service, Catalog.WatchStatus watch) {
    String backend = watch.backend();
    String consistency = watch.consistency();
    return backend == null || consistency == null
        ? Stream.empty()
        : Stream.of(
            Row.of(Tags.of("service", service, "backend", backend, "consistency", consistency), 1));
  }

  private static Row<Number> row(String service, double value) {
    return Row.of(Tags.of("service", service), value);
  }

  private MultiGauge perService(String name, String description) {
    return MultiGauge.builder("rollcall.lb." + name).description(description).register(registry);
  }

  private void gauge(
      String name, String description, ToDoubleFunction<Scrape> value, String... tags) {
    Gauge.builder("rollcall.lb." + name, this, metrics -> metrics.read(value))
        .tags(tags)
        .description(description)
        .register(registry);
  }

  private double read(ToDoubleFunction<Scrape> value) {
    Scrape now = scrape;
    return now == null ? 0 : value.applyAsDouble(now);
  }

  private double lastSuccess() {
    return read(
        now -> now.status.lastSuccess() == null ? 0 : now.status.lastSuccess().getEpochSecond());
  }

  private static double flag(boolean so) {
    return so ? 1 : 0;
  }

  private static long nanos(double seconds) {
    return Math.round(seconds * 1e9);
  }

  /** Ends what listens to the JVM. */
  @Override
  public void close() {
    garbage.close();
    registry.close();
  }
}
