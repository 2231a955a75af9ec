package dev.rollcall.lb.cli;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.micrometer.DiscoveryMetrics;
import dev.rollcall.lb.apply.Applied;
import dev.rollcall.lb.apply.Applier;
import dev.rollcall.lb.catalog.ConsulCatalog;
import dev.rollcall.lb.catalog.Interruptions;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.haproxy.Haproxy;
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
import dev.rollcall.lb.status.StatusServer;
import dev.rollcall.lb.template.Rendering;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps HAProxy in step until told to stop. */
final class Service {
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
  private static final Logger log = LoggerFactory.getLogger(Service.class);

  private final Settings settings;
  private final Closing closing = new Closing();
  private final AtomicBoolean stopping = new AtomicBoolean();

  Service(Settings settings) {
    this.settings = settings;
  }

  /** Runs until a signal ends the process. */
  void run() throws Exit {
    try {
      PipelineThread thread = open();
      thread.start();
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      closing.close();
    }
    log.info("Stopped");
  }

  /** The first time gracefully, which ends {@link #run}; the second time at once. */
  private void stop(Haproxy haproxy) {
    if (stopping.compareAndSet(false, true)) {
      log.info("Stopping");
      closing.close();
    } else {
      log.warn("Told to stop again: stopping at once");
      haproxy.closeNow();
      Runtime.getRuntime().halt(ExitCode.OK.number());
    }
  }

  private static void reread(Pipeline pipeline, Wakeup wakeup) {
    log.info("SIGHUP: the template is read again");
    pipeline.templateTouched();
    wakeup.wake();
  }

  private PipelineThread open() throws Exit {
    LiveTemplate template = Opening.template(settings.input());
    ConfigFile output = Opening.output(settings);
    Haproxy haproxy = closing.of(Opening.haproxy(settings));
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
    PipelineThread thread = new PipelineThread(pipeline, wakeup, STOP_LIMIT);
    if (settings.listen().isPresent()) {
      StatusPages pages =
          new StatusPages(
              board,
              () -> LiveState.of(thread, catalog, haproxy, applier.trouble()),
              haproxy::traffic,
              metrics,
              settings.input().redaction());
      InetSocketAddress where = serve(settings.listen().get(), pages);
      log.info("Status on http://{}:{}/status", where.getHostString(), where.getPort());
    }
    log.info(
        "Template {}, services {}, output {}, Consul at {}",
        template.name(),
        template.current().services(),
        settings.output(),
        settings.input().consul().address());
    closing.of(thread);
    Signals.on("HUP", () -> reread(pipeline, wakeup));
    Signals.on("INT", () -> stop(haproxy));
    Signals.on("TERM", () -> stop(haproxy));
    return thread;
  }

  private InetSocketAddress serve(InetSocketAddress address, StatusPages pages) throws Exit {
    try {
      return closing.of(StatusServer.start(address, pages.byPath())).address();
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
    };
  }
}
