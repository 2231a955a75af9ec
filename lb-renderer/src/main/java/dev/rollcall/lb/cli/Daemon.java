package dev.rollcall.lb.cli;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.micrometer.DiscoveryMetrics;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.consul.Catalog;
import dev.rollcall.lb.consul.ConsulCatalog;
import dev.rollcall.lb.consul.OutageCounter;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.HaproxyStatus;
import dev.rollcall.lb.reconcile.ActiveTemplate;
import dev.rollcall.lb.reconcile.ReconcileTrigger;
import dev.rollcall.lb.reconcile.Reconciler;
import dev.rollcall.lb.reconcile.ReconcilerThread;
import dev.rollcall.lb.reconcile.TimeSource;
import dev.rollcall.lb.status.Metrics;
import dev.rollcall.lb.status.RuntimeStatus;
import dev.rollcall.lb.status.Status;
import dev.rollcall.lb.status.StatusBoard;
import dev.rollcall.lb.status.StatusEndpoint;
import dev.rollcall.lb.status.StatusPages;
import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.update.ApplyResult;
import dev.rollcall.lb.update.ConfigApplier;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps HAProxy in step until told to stop. */
final class Daemon {
  /** For the reconciler's step under way. */
  private static final Duration STEP_TIMEOUT = Duration.ofSeconds(3);

  /** Below the 10 s that a container is given. */
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(8);

  /** With a child, whose requests end; below the 30 s that systemd's unit gives. */
  private static final Duration STOP_TIMEOUT_WITH_CHILD = Duration.ofSeconds(28);

  private static final Duration STOP_NOW_TIMEOUT = Duration.ofSeconds(6);
  private static final Logger log = LoggerFactory.getLogger(Daemon.class);

  private final RunOptions options;
  private final RenderInput input;
  private final Path output;
  private final Resources resources = new Resources();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private volatile @Nullable Haproxy haproxy;

  Daemon(RunOptions options, RenderInput input) {
    this.options = options;
    this.input = input;
    this.output = options.output(input);
  }

  /** Runs until a signal ends the process. Whatever else ends it leaves HAProxy running. */
  void run() throws ExitException {
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, error) -> log.error("Thread {} has ended", thread.getName(), error));
    Signals.on("INT", this::stop);
    Signals.on("TERM", this::stop);
    try {
      ReconcilerThread thread = open();
      thread.start();
      CompletableFuture.anyOf(stopped, thread.ended()).join();
      if (!stopping.get()) {
        throw new ExitException(
            ExitCode.INTERNAL, "the pipeline has ended, see the log; HAProxy serves on");
      }
    } finally {
      if (stopping.get()) {
        stopped.join();
      } else {
        resources.close();
        Haproxy opened = haproxy;
        if (opened != null) {
          opened.detach();
        }
      }
    }
    log.info("Stopped");
  }

  /** The first time gracefully, which ends {@link #run}; the second time at once. */
  private void stop() {
    Haproxy opened = haproxy;
    if (stopping.compareAndSet(false, true)) {
      // Before anything that a full pipe or a stalled disk could hold up.
      haltAfter(
          opened != null && opened.status().mode() == HaproxyStatus.Mode.CHILD
              ? STOP_TIMEOUT_WITH_CHILD
              : STOP_TIMEOUT);
      log.info("Stopping");
      Thread requests =
          new Thread(
              () -> {
                if (opened != null) {
                  opened.close();
                }
              },
              "haproxy-stop");
      requests.start();
      resources.close();
      try {
        requests.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      stopped.complete(null);
    } else {
      haltAfter(STOP_NOW_TIMEOUT);
      log.warn("Told to stop again: stopping at once");
      if (opened != null) {
        opened.stopNow();
      }
      Runtime.getRuntime().halt(ExitCode.OK.number());
    }
  }

  private static void haltAfter(Duration limit) {
    Thread thread =
        new Thread(
            () -> {
              try {
                Thread.sleep(limit.toMillis());
              } catch (InterruptedException e) {
                // Nobody does that; then it is time.
              }
              Runtime.getRuntime().halt(ExitCode.OK.number());
            },
            "stop-limit");
    thread.setDaemon(true);
    thread.start();
  }

  private ReconcilerThread open() throws ExitException {
    ActiveTemplate template = ComponentFactory.template(input);
    ConfigFile file = ComponentFactory.output(output, input);
    Haproxy haproxy = ComponentFactory.haproxy(options, output);
    this.haproxy = haproxy;
    TimeSource time = TimeSource.system();
    StatusBoard board = new StatusBoard(RootCommand.Version.number(), time.now(), template.name());
    ReconcileTrigger trigger = new ReconcileTrigger(time);
    Metrics metrics = resources.add(new Metrics());
    OutageCounter outages = new OutageCounter();
    DiscoveryMetrics discoveryMetrics = new DiscoveryMetrics(metrics.registry());
    Discovery discovery =
        resources.add(
            Discovery.connect(input.consul(new CompositeWatchListener(outages, discoveryMetrics))));
    ConsulCatalog catalog =
        resources.add(
            new ConsulCatalog(discovery, input.selection(), outages, trigger::catalogChanged));
    ConfigApplier applier = new ConfigApplier(file, haproxy);
    Reconciler reconciler =
        new Reconciler(
            template,
            catalog,
            target(applier, file),
            board,
            time,
            options.reconcilerSettings(),
            new ServedPoolsFile(file),
            trigger,
            RandomGenerator.getDefault());
    haproxy.onRestart(trigger::haproxyRestarted);
    ReconcilerThread thread = new ReconcilerThread(reconciler, trigger, STEP_TIMEOUT);
    InetSocketAddress listen = options.listen.address;
    if (listen != null) {
      serve(
          listen,
          new StatusPages(
              board,
              () -> runtimeStatus(thread, catalog, haproxy, applier),
              haproxy::stats,
              metrics,
              input.redactor()));
    }
    input.selectionProblem(template.current()).ifPresent(log::warn);
    log.info(
        "Template {}, services {}, output {}, Consul at {}",
        template.name(),
        template.current().services(),
        output,
        input.consul().address());
    resources.add(thread);
    Signals.onHangUp(
        () -> {
          log.info("SIGHUP: the template is read again");
          trigger.templateTouched();
        });
    return thread;
  }

  private void serve(InetSocketAddress address, StatusPages pages) throws ExitException {
    try {
      resources.add(StatusEndpoint.open(address, pages.byPath(), options.allowedHosts()));
    } catch (IOException e) {
      throw ExitException.usage(
          "--listen %s:%s: %s: give a free port of this machine, or off"
              .formatted(address.getHostString(), address.getPort(), e.getMessage()));
    }
  }

  private Reconciler.ConfigTarget target(ConfigApplier applier, ConfigFile file) {
    return new Reconciler.ConfigTarget() {
      @Override
      public ApplyResult apply(RenderedConfig config) {
        return applier.apply(config.text(), config.auxiliaryFiles());
      }

      @Override
      public ApplyResult resync() {
        return applier.reconcile();
      }

      @Override
      public boolean maintain() {
        return applier.maintain();
      }

      @Override
      public boolean hasConfiguration() {
        return Files.exists(output);
      }

      @Override
      public String lastConfiguration() {
        return ComponentFactory.configuration(file);
      }
    };
  }

  private static RuntimeStatus runtimeStatus(
      ReconcilerThread thread, Catalog catalog, Haproxy haproxy, ConfigApplier applier) {
    HaproxyStatus seen = haproxy.status();
    Optional<String> warning = applier.warning();
    return new RuntimeStatus(
        thread.isAlive(),
        new TreeMap<>(catalog.watchStatus()),
        new RuntimeStatus.Haproxy(
            seen.mode().name().toLowerCase(Locale.ROOT).replace('_', '-'),
            seen.running(),
            seen.version(),
            seen.workerPid(),
            Status.seconds(seen.uptime()),
            seen.reloads(),
            seen.oldWorkers(),
            seen.problem() == null ? warning.map(Daemon::onOneLine).orElse(null) : seen.problem(),
            applier.operatorOverrides().stream()
                .map(
                    order ->
                        new RuntimeStatus.OperatorOrder(
                            order.server(), order.setting(), Status.seconds(order.age())))
                .toList(),
            applier.failingNewServers()));
  }

  private static String onOneLine(String warning) {
    return "it would not reload, nor start again: " + warning.replaceAll("\\s*\\n\\s*", " | ");
  }

  /**
   * What was opened, to be closed in the opposite order, each whatever becomes of the others: also
   * while more is opened. Thread-safe.
   */
  private static final class Resources {
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private boolean closed;

    /** Takes care of a resource; one that comes too late is closed at once. */
    synchronized <T extends AutoCloseable> T add(T resource) {
      if (closed) {
        close(resource);
      } else {
        open.push(resource);
      }
      return resource;
    }

    /** Closes all. Idempotent; a second caller waits for the first. */
    synchronized void close() {
      closed = true;
      while (!open.isEmpty()) {
        close(open.pop());
      }
    }

    private static void close(AutoCloseable resource) {
      try {
        resource.close();
      } catch (Exception | Error e) {
        log.warn("Closing {} failed", resource.getClass().getSimpleName(), e);
      }
    }
  }

  /**
   * Tells two listeners, in order, of the services that a template names: these are watched as a
   * whole, others are looked at in part. This program registers nothing. As thread-safe as they
   * are.
   */
  private record CompositeWatchListener(DiscoveryListener first, DiscoveryListener second)
      implements DiscoveryListener {
    private void tell(ServiceQuery query, Consumer<DiscoveryListener> event) {
      if (query.filter().isEmpty()) {
        event.accept(first);
        event.accept(second);
      }
    }

    @Override
    public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
      tell(query, listener -> listener.watchAnswered(query, changed, took));
    }

    @Override
    public void watchIndexWentBackwards(ServiceQuery query) {
      tell(query, listener -> listener.watchIndexWentBackwards(query));
    }

    @Override
    public void watchFailed(ServiceQuery query, ConsulFailure failure) {
      tell(query, listener -> listener.watchFailed(query, failure));
    }

    @Override
    public void instanceLeftOut(ServiceQuery query, String reason) {
      tell(query, listener -> listener.instanceLeftOut(query, reason));
    }
  }
}
