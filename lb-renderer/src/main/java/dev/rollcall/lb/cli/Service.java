package dev.rollcall.lb.cli;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.micrometer.DiscoveryMetrics;
import dev.rollcall.lb.apply.Applied;
import dev.rollcall.lb.apply.Applier;
import dev.rollcall.lb.catalog.ConsulCatalog;
import dev.rollcall.lb.catalog.Interruptions;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.HaproxyStatus;
import dev.rollcall.lb.pipeline.Arrivals;
import dev.rollcall.lb.pipeline.LiveTemplate;
import dev.rollcall.lb.pipeline.Pipeline;
import dev.rollcall.lb.pipeline.PipelineThread;
import dev.rollcall.lb.pipeline.Target;
import dev.rollcall.lb.pipeline.Time;
import dev.rollcall.lb.pipeline.Wakeup;
import dev.rollcall.lb.status.Metrics;
import dev.rollcall.lb.status.Status;
import dev.rollcall.lb.status.StatusBoard;
import dev.rollcall.lb.status.StatusPages;
import dev.rollcall.lb.template.Rendering;
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
final class Service {
  /** For the step under way. */
  private static final Duration STEP = Duration.ofSeconds(3);

  /** Below the 10 s that a container is given. */
  private static final Duration STOP = Duration.ofSeconds(8);

  /** With a child, whose requests end; below the 30 s that systemd's unit gives. */
  private static final Duration STOP_CHILD = Duration.ofSeconds(28);

  private static final Duration STOP_AT_ONCE = Duration.ofSeconds(6);
  private static final Logger log = LoggerFactory.getLogger(Service.class);

  private final Settings settings;
  private final Closing closing = new Closing();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private volatile @Nullable Haproxy haproxy;

  Service(Settings settings) {
    this.settings = settings;
  }

  /** Runs until a signal ends the process. Whatever else ends it leaves HAProxy running. */
  void run() throws Exit {
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, error) -> log.error("Thread {} has ended", thread.getName(), error));
    Signals.on("INT", this::stop);
    Signals.on("TERM", this::stop);
    try {
      PipelineThread thread = open();
      thread.start();
      CompletableFuture.anyOf(stopped, thread.ended()).join();
      if (!stopping.get()) {
        throw new Exit(ExitCode.INTERNAL, "the pipeline has ended, see the log; HAProxy serves on");
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
      opened.leave();
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
        opened.closeNow();
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

  private static void reread(Pipeline pipeline, Wakeup wakeup) {
    log.info("SIGHUP: the template is read again");
    pipeline.templateTouched();
    wakeup.wake();
  }

  private PipelineThread open() throws Exit {
    LiveTemplate template = Opening.template(settings.input());
    ConfigFile output = Opening.output(settings);
    Haproxy haproxy = Opening.haproxy(settings);
    this.haproxy = haproxy;
    StatusBoard board =
        new StatusBoard(
            Status.starting(Version.number(), Time.system().wall().instant(), template.name()));
    Wakeup wakeup = new Wakeup();
    Arrivals arrivals = new Arrivals(Time.system());
    Metrics metrics = closing.of(new Metrics());
    Interruptions interruptions = new Interruptions();
    Discovery discovery =
        closing.of(
            Discovery.connect(
                settings
                    .input()
                    .consul(
                        new WatchListeners(
                            interruptions, new DiscoveryMetrics(metrics.registry())))));
    ConsulCatalog catalog =
        closing.of(
            new ConsulCatalog(
                discovery,
                settings.input().worst(),
                interruptions,
                () -> {
                  arrivals.note();
                  wakeup.wake();
                }));
    Applier applier = new Applier(output, haproxy);
    Pipeline pipeline =
        new Pipeline(
            template,
            catalog,
            target(applier),
            board,
            Time.system(),
            settings.terms(),
            new PoolsFile(output),
            arrivals,
            RandomGenerator.getDefault());
    haproxy.onRestart(
        () -> {
          pipeline.haproxyRestarted();
          wakeup.wake();
        });
    PipelineThread thread = new PipelineThread(pipeline, wakeup, STEP);
    if (settings.listen().isPresent()) {
      StatusPages pages =
          new StatusPages(
              board,
              () -> LiveState.of(thread, catalog, haproxy, applier),
              haproxy::traffic,
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

  private void serve(InetSocketAddress address, StatusPages pages) throws Exit {
    try {
      closing.of(StatusEndpoint.open(address, pages.byPath(), settings.hosts()));
    } catch (IOException e) {
      throw new Exit(
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

  private Target target(Applier applier) {
    return new Target() {
      @Override
      public Applied apply(Rendering rendering) {
        return applier.apply(rendering.text(), rendering.others());
      }

      @Override
      public Applied level() {
        return applier.level();
      }

      @Override
      public boolean tend() {
        return applier.tend();
      }

      @Override
      public boolean hasConfiguration() {
        return Files.exists(settings.output());
      }

      @Override
      public String configuration() {
        return Opening.configuration(new ConfigFile(settings.output()));
      }
    };
  }
}
