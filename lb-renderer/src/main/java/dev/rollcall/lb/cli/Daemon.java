package dev.rollcall.lb.cli;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.micrometer.DiscoveryMetrics;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.consul.ConsulCatalog;
import dev.rollcall.lb.consul.OutageCounter;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.HaproxyStatus;
import dev.rollcall.lb.reconcile.ActiveTemplate;
import dev.rollcall.lb.reconcile.ChangeTimes;
import dev.rollcall.lb.reconcile.ConfigTarget;
import dev.rollcall.lb.reconcile.ReconcileTrigger;
import dev.rollcall.lb.reconcile.Reconciler;
import dev.rollcall.lb.reconcile.ReconcilerThread;
import dev.rollcall.lb.reconcile.TimeSource;
import dev.rollcall.lb.status.Metrics;
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
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps HAProxy in step until told to stop. */
final class Daemon {
  /** For the step under way. */
  private static final Duration STEP = Duration.ofSeconds(3);

  /** Below the 10 s that a container is given. */
  private static final Duration STOP = Duration.ofSeconds(8);

  /** With a child, whose requests end; below the 30 s that systemd's unit gives. */
  private static final Duration STOP_CHILD = Duration.ofSeconds(28);

  private static final Duration STOP_AT_ONCE = Duration.ofSeconds(6);
  private static final Logger log = LoggerFactory.getLogger(Daemon.class);

  private final RunSettings settings;
  private final Closing closing = new Closing();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private volatile @Nullable Haproxy haproxy;

  Daemon(RunSettings settings) {
    this.settings = settings;
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
        closing.close();
        leave();
      }
    }
    log.info("Stopped");
  }

  private void leave() {
    Haproxy opened = haproxy;
    if (opened != null) {
      opened.detach();
    }
  }

  /** The first time gracefully, which ends {@link #run}; the second time at once. */
  private void stop() {
    Haproxy opened = haproxy;
    if (stopping.compareAndSet(false, true)) {
      // Before anything that a full pipe or a stalled disk could hold up.
      haltAfter(
          opened != null && opened.status().mode() == HaproxyStatus.Mode.CHILD ? STOP_CHILD : STOP);
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
      closing.close();
      try {
        requests.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      stopped.complete(null);
    } else {
      haltAfter(STOP_AT_ONCE);
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

  private static void reread(Reconciler pipeline, ReconcileTrigger wakeup) {
    log.info("SIGHUP: the template is read again");
    pipeline.templateTouched();
    wakeup.wake();
  }

  private ReconcilerThread open() throws ExitException {
    ActiveTemplate template = ComponentFactory.template(settings.input());
    ConfigFile output = ComponentFactory.output(settings);
    Haproxy haproxy = ComponentFactory.haproxy(settings);
    this.haproxy = haproxy;
    StatusBoard board =
        new StatusBoard(
            Status.starting(
                Version.number(), TimeSource.system().wall().instant(), template.name()));
    ReconcileTrigger wakeup = new ReconcileTrigger();
    ChangeTimes arrivals = new ChangeTimes(TimeSource.system());
    Metrics metrics = closing.of(new Metrics());
    OutageCounter interruptions = new OutageCounter();
    Discovery discovery =
        closing.of(
            Discovery.connect(
                settings
                    .input()
                    .consul(
                        new CompositeWatchListener(
                            interruptions, new DiscoveryMetrics(metrics.registry())))));
    ConsulCatalog catalog =
        closing.of(
            new ConsulCatalog(
                discovery,
                settings.input().worst(),
                interruptions,
                () -> {
                  arrivals.record();
                  wakeup.wake();
                }));
    ConfigApplier applier = new ConfigApplier(output, haproxy);
    Reconciler pipeline =
        new Reconciler(
            template,
            catalog,
            target(applier),
            board,
            TimeSource.system(),
            settings.terms(),
            new ServedPoolsFile(output),
            arrivals,
            RandomGenerator.getDefault());
    haproxy.onRestart(
        () -> {
          pipeline.haproxyRestarted();
          wakeup.wake();
        });
    ReconcilerThread thread = new ReconcilerThread(pipeline, wakeup, STEP);
    if (settings.listen().isPresent()) {
      StatusPages pages =
          new StatusPages(
              board,
              () -> RuntimeStatusReader.of(thread, catalog, haproxy, applier),
              haproxy::stats,
              metrics,
              settings.input().redaction());
      serve(settings.listen().get(), pages);
    }
    log.info(
        "Template {}, services {}, output {}, Consul at {}",
        template.name(),
        template.current().services(),
        settings.output(),
        settings.input().consul().address());
    closing.of(thread);
    Signals.onHangUp(() -> reread(pipeline, wakeup));
    return thread;
  }

  private void serve(InetSocketAddress address, StatusPages pages) throws ExitException {
    try {
      closing.of(StatusEndpoint.open(address, pages.byPath(), settings.hosts()));
    } catch (IOException e) {
      throw new ExitException(
          ExitCode.USAGE,
          "--listen "
              + address.getHostString()
              + ":"
              + address.getPort()
              + ": "
              + e.getMessage()
              + ": give a free port of this machine, or off");
    }
  }

  private ConfigTarget target(ConfigApplier applier) {
    return new ConfigTarget() {
      @Override
      public ApplyResult apply(RenderedConfig rendering) {
        return applier.apply(rendering.text(), rendering.auxiliaryFiles());
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
        return Files.exists(settings.output());
      }

      @Override
      public String lastConfiguration() {
        return ComponentFactory.configuration(new ConfigFile(settings.output()));
      }
    };
  }
}
