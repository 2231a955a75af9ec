package dev.rollcall.launcher;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * The life of one program as a service: started, registered once its check passes, checked as long
 * as it runs, left before it is stopped.
 */
final class ServiceRun {
  private static final Logger log = LoggerFactory.getLogger(ServiceRun.class);
  private static final Duration TTL = Duration.ofSeconds(15);
  private static final Duration DRAIN_LIMIT = Duration.ofSeconds(10);
  private static final Duration TELL_PROGRESS = Duration.ofSeconds(5);
  private static final Duration LONGEST_RESTART_PAUSE = Duration.ofMinutes(1);

  /** Between two checks until the first one passes: each is a second less to serve in. */
  private static final Duration START_PAUSE = Duration.ofMillis(100);

  /** How often connections are counted while it drains. */
  private static final Duration COUNT = Duration.ofMillis(100);

  /** So many checks that fail in a row count: one may be lost on a busy machine. */
  private static final int FALL = 3;

  /** What is passed on; the JVM keeps some for itself, QUIT among them. */
  private static final List<String> PASSED_ON =
      List.of("HUP", "USR1", "USR2", "WINCH", "CONT", "TTIN", "TTOU", "QUIT");

  private final Settings settings;
  private final ConsulOptions consul;
  private final ServiceDefinition.Builder definition;
  private final Map<String, String> environment;
  private final RequestTracker connections = new RequestTracker();
  private final CountDownLatch stopping = new CountDownLatch(1);
  private volatile HealthReport health = HealthReport.critical("not checked yet");
  private volatile @Nullable Program program;

  /**
   * What is run, and how.
   *
   * @param name the service's
   * @param port that the program listens on
   * @param check whether it is well
   * @param interval between two checks
   * @param startTimeout for the first check that passes
   * @param stopSignal without SIG
   * @param stopTimeout for each of the signals that stop it
   * @param restart whether it is started again when it ends by itself
   * @param command the program and its arguments
   */
  record Settings(
      String name,
      int port,
      ProgramCheck check,
      Duration interval,
      Duration startTimeout,
      String stopSignal,
      Duration stopTimeout,
      boolean restart,
      List<String> command) {}

  /** The run ends with this exit code and line. */
  static final class EndException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int code;

    EndException(int code, String line) {
      super(line);
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  /**
   * A run that has not begun.
   *
   * @throws IllegalArgumentException one line that names a wrong setting of the environment
   */
  ServiceRun(Settings settings, Map<String, String> environment) {
    this.settings = settings;
    Map<String, String> named = new HashMap<>(environment);
    named.put("SERVICE_NAME", settings.name());
    consul = ConsulOptions.fromEnvironment(environment);
    definition =
        ServiceDefinition.builder(named, settings.name())
            .port(settings.port())
            .check(HealthCheck.ttl(TTL).reporting(() -> health));
    this.environment = Map.copyOf(environment);
    // A wrong setting is refused before the program is started.
    var unused = drain();
  }

  /** How one run of the program ends; each has a registration of its own. */
  private LeaveOnTerminate.Builder drain() {
    return LeaveOnTerminate.builder().drainLimit(DRAIN_LIMIT).environment(environment);
  }

  /** Runs the program until it ends for good; returns its exit code. */
  int run() throws EndException, InterruptedException {
    requireFreePort();
    for (String stop : List.of("TERM", "INT")) {
      on(stop, this::stop);
    }
    for (String other : PASSED_ON) {
      // An engine that has the image's own stop signal sends that: it is an order to stop.
      on(other, other.equals(settings.stopSignal()) ? this::stop : () -> passOn(other));
    }
    warnOfOrphans();
    long pause = 1;
    while (true) {
      long began = System.nanoTime();
      int code = runOnce();
      if (!settings.restart() || isStopping()) {
        if (!isStopping()) {
          log.warn("The program has ended with {} by itself", code);
        }
        return code;
      }
      // One that has run for long begins anew.
      boolean lasted =
          Duration.ofNanos(System.nanoTime() - began).compareTo(LONGEST_RESTART_PAUSE) > 0;
      pause = lasted ? 1 : pause;
      log.warn("The program has ended with {}; starting it again in {} s", code, pause);
      if (stopping.await(pause, TimeUnit.SECONDS)) {
        return code;
      }
      pause = Math.min(2 * pause, LONGEST_RESTART_PAUSE.toSeconds());
    }
  }

  private int runOnce() throws EndException, InterruptedException {
    Program running = start();
    program = running;
    try {
      if (!awaitPassing(running)) {
        int code = running.await();
        if (code == 0 && !isStopping()) {
          log.warn(
              "The program has ended before its check passed. If it goes on in the background, have"
                  + " it stay in the foreground: nginx by -g 'daemon off;', Apache by -D FOREGROUND,"
                  + " a script by exec");
        }
        return code;
      }
      Discovery discovery = Discovery.connect(consul);
      try {
        Registration registration = discovery.register(definition.build());
        LeaveOnTerminate leave =
            drain()
                .registration(registration)
                .traffic(connections)
                .stopServer(() -> running.stop(settings.stopSignal(), settings.stopTimeout()))
                .stopTimeout(Duration.ofMinutes(1))
                .build();
        keepChecking(running, registration, leave);
        int code = running.await();
        registration.leave();
        return code;
      } finally {
        discovery.close();
      }
    } finally {
      program = null;
    }
  }

  /** Whoever has the port would be registered instead of the program. */
  private void requireFreePort() throws EndException {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), settings.port()), 1000);
    } catch (IOException nobody) {
      return;
    }
    throw new EndException(
        Launcher.PORT_TAKEN,
        "port %d is taken already: end who has it, or give --port another"
            .formatted(settings.port()));
  }

  private Program start() throws EndException {
    String file = settings.command().get(0);
    try {
      return Program.start(settings.command());
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage());
      // Java says so in words, which end with the number of the error.
      boolean absent = reason.contains("error=2,");
      throw new EndException(
          absent ? Launcher.NOT_FOUND : Launcher.NOT_EXECUTABLE,
          absent
              ? "there is no program '%s'".formatted(file)
              : "the program '%s' cannot be executed: %s".formatted(file, reason));
    }
  }

  /** True once the check passes; false if the program has ended, or is to end, before. */
  private boolean awaitPassing(Program running) throws EndException, InterruptedException {
    long began = System.nanoTime();
    long told = began;
    while (running.isAlive() && !isStopping()) {
      HealthReport report = settings.check().run();
      if (report.status() != HealthStatus.CRITICAL) {
        health = report;
        return true;
      }
      long now = System.nanoTime();
      if (now - began > settings.startTimeout().toNanos()) {
        running.stop(settings.stopSignal(), settings.stopTimeout());
        throw new EndException(
            Launcher.NOT_PASSING,
            "the check did not pass within %d s: %s"
                .formatted(settings.startTimeout().toSeconds(), report.output()));
      }
      if (now - told > TELL_PROGRESS.toNanos()) {
        told = now;
        log.info(
            "Waiting for the program for {} s: {}",
            Duration.ofNanos(now - began).toSeconds(),
            report.output());
      }
      running.await(
          settings.interval().compareTo(START_PAUSE) < 0 ? settings.interval() : START_PAUSE);
    }
    if (running.isAlive()) {
      running.stop(settings.stopSignal(), settings.stopTimeout());
    }
    return false;
  }

  /** Checks the program as long as it runs, and lets it leave and stop when that is ordered. */
  private void keepChecking(Program running, Registration registration, LeaveOnTerminate leave)
      throws InterruptedException {
    int failed = 0;
    while (running.isAlive()) {
      if (stopping.await(settings.interval().toMillis(), TimeUnit.MILLISECONDS)) {
        countConnections(running);
        leave.run();
        return;
      }
      HealthReport report = settings.check().run();
      failed = report.status() == HealthStatus.CRITICAL ? failed + 1 : 0;
      if (failed == 0 || failed >= FALL) {
        boolean changed = report.status() != health.status();
        health = report;
        if (changed && running.isAlive()) {
          registration.reportHealth();
        }
      }
    }
  }

  /** Each open connection counts as a request that is being served. */
  private void countConnections(Program running) {
    OpenConnections open = OpenConnections.of(settings.port());
    Thread counting =
        new Thread(
            () -> {
              int known = 0;
              try {
                while (running.isAlive()) {
                  int now = open.count();
                  for (; known < now; known++) {
                    connections.requestStarted();
                  }
                  for (; known > now; known--) {
                    connections.requestFinished();
                  }
                  running.await(COUNT);
                }
              } catch (IOException e) {
                log.warn("Open connections cannot be counted: {}", e.getMessage());
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "connections");
    counting.setDaemon(true);
    counting.start();
  }

  private void stop() {
    stopping.countDown();
  }

  private boolean isStopping() {
    return stopping.getCount() == 0;
  }

  private void passOn(String signal) {
    Program running = program;
    if (running != null) {
      running.signal(signal);
    }
  }

  private static void on(String signal, Runnable action) {
    try {
      Signal.handle(new Signal(signal), ignored -> action.run());
    } catch (IllegalArgumentException e) {
      // The JVM has it for itself.
      log.debug("SIG{} cannot be handled: {}", signal, e.getMessage());
    }
  }

  private static void warnOfOrphans() {
    if (ProcessHandle.current().pid() == 1 && Files.exists(Path.of("/proc/1"))) {
      log.info(
          "This is process 1, and takes in no orphans: if the program leaves any, run the container"
              + " with init (docker run --init, or init: true in Compose)");
    }
  }
}
