package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ConfigFileException;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.PrivateDirectory;
import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.Haproxy.ReloadResult;
import dev.rollcall.lb.haproxy.MasterCli.Timeouts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HAProxy that runs as a child of this process, in master-worker mode in the foreground.
 * Thread-safe.
 *
 * <p>The first {@link #reload} starts it. When it exits, it is restarted from the file with
 * exponential back-off. If it does not start with a configuration, the configuration is refused
 * with HAProxy's message. An HAProxy that an earlier run of this program left behind is adopted.
 * {@link #close} stops it.
 */
public final class ChildHaproxy extends MasterHaproxy {

  private static final Logger log = LoggerFactory.getLogger(ChildHaproxy.class);

  private static final Backoff RESTART = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));

  /** A child that ran this long did not fail at its start: the back-off begins anew. */
  private static final Duration STEADY = Duration.ofMinutes(1);

  private static final String MASTER_SOCKET = "master.sock";

  /** After SIGUSR1, for requests in flight. */
  private static final Duration GRACEFUL = Duration.ofSeconds(20);

  /** After SIGTERM, before SIGKILL. */
  private static final Duration TERMINATE = Duration.ofSeconds(3);

  /** After SIGUSR1 to an orphan that does not answer: nobody listens meanwhile. */
  private static final Duration UNREACHABLE = Duration.ofSeconds(3);

  private final HaproxyBinary binary;
  private final Path config;
  private final RestartScheduler restarts = new RestartScheduler(RESTART);

  private volatile @Nullable HaproxyProcess process;
  private volatile Instant started = Instant.EPOCH;
  private volatile boolean closed;

  private ChildHaproxy(HaproxyBinary binary, Path config, HaproxySocket socket, Timeouts timeouts) {
    super(socket, HaproxyStatus.Mode.CHILD, timeouts);
    this.binary = binary;
    this.config = config;
  }

  /**
   * Prepares to run HAProxy. Nothing is started yet, but an orphan of an earlier run is adopted.
   * The master socket is in a private directory below the one for temporary files, or where the
   * earlier run has put it.
   *
   * @param config the file to run; need not exist yet
   * @param loadTimeout for a start or a reload
   * @throws HaproxyUnavailableException when the socket cannot be created
   */
  public static ChildHaproxy create(HaproxyBinary binary, Path config, Duration loadTimeout)
      throws HaproxyUnavailableException {
    Timeouts timeouts = Timeouts.DEFAULT.withReloadTimeout(loadTimeout);
    try {
      Path absolute = config.toAbsolutePath().normalize();
      Path own = PrivateDirectory.of(OrphanedMaster.real(absolute)).resolve(MASTER_SOCKET);
      Path masterSocket =
          OrphanedMaster.find(absolute)
              .map(OrphanedMaster::masterSocket)
              .filter(socket -> answers(new HaproxySocket(socket), timeouts))
              .orElse(own);
      ChildHaproxy child =
          new ChildHaproxy(binary, absolute, HaproxySocket.at(masterSocket), timeouts);
      if (child.adoptOrphan()) {
        child.monitor.refresh();
        child.monitor.acknowledge();
      }
      child.monitor.start();
      return child;
    } catch (ConfigFileException e) {
      throw new HaproxyUnavailableException(
          "no place for HAProxy's master socket: " + e.getMessage());
    }
  }

  /** As {@link #create(HaproxyBinary, Path, Duration)}, with room for some 50,000 certificates. */
  public static ChildHaproxy create(HaproxyBinary binary, Path config)
      throws HaproxyUnavailableException {
    return create(binary, config, Timeouts.DEFAULT.reload());
  }

  private static boolean answers(HaproxySocket masterSocket, Timeouts timeouts) {
    try {
      new MasterCli(masterSocket, timeouts).processes();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Adopts a running HAProxy of an earlier run; whether there was one. */
  private boolean adoptOrphan() {
    Optional<HaproxyProcess> orphan;
    try {
      orphan = HaproxyProcess.adopt(cli.processes().master().pid());
    } catch (IOException e) {
      return false;
    }
    orphan.ifPresent(
        running -> {
          log.info("took over HAProxy {} that runs already", running.pid());
          supervise(running);
        });
    return orphan.isPresent();
  }

  @Override
  public ConfigCheck check(Path candidate) {
    return binary.check(candidate);
  }

  @Override
  public ReloadResult reload() {
    busy.lock();
    try {
      if (closed) {
        return new ReloadResult.Unreachable("HAProxy is being stopped");
      }
      HaproxyProcess running = process;
      ReloadResult result =
          (running != null && running.alive()) || adoptOrphan()
              ? reload(Objects.requireNonNull(process))
              : start();
      monitor.refresh();
      if (result instanceof ReloadResult.Success) {
        restarts.reset();
        monitor.acknowledge();
      }
      return result;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new ReloadResult.NotServing("interrupted before HAProxy was seen to serve");
    } finally {
      busy.unlock();
    }
  }

  private ReloadResult reload(HaproxyProcess running) throws InterruptedException {
    long mark = running.messageCount();
    ReloadResult result = new VerifiedReload(cli, running::alive).run();
    // HAProxy's messages on standard error say more than the master's reply.
    if (result instanceof ReloadResult.Refused refused) {
      return new ReloadResult.Refused(running.alertsSince(mark, refused.message()));
    }
    if (result instanceof ReloadResult.NotServing failed) {
      return new ReloadResult.NotServing(running.alertsSince(mark, failed.message()));
    }
    return result;
  }

  @Override
  public HaproxyStatus status() {
    HaproxyProcess running = process;
    if (running == null) {
      return HaproxyStatus.absent(HaproxyStatus.Mode.CHILD, "HAProxy was not started yet");
    }
    return running.alive()
        ? monitor.status()
        : HaproxyStatus.absent(HaproxyStatus.Mode.CHILD, "HAProxy ended and will be started again");
  }

  /** Stops HAProxy: SIGUSR1, then SIGTERM, then SIGKILL, each with its limit. */
  @Override
  public void close() {
    stop(GRACEFUL);
  }

  /** Stops HAProxy: SIGTERM, then SIGKILL at its limit. */
  @Override
  public void stopNow() {
    stop(Duration.ZERO);
  }

  @Override
  public void detach() {
    closed = true;
    restarts.close();
    monitor.close();
  }

  private void stop(Duration graceful) {
    detach();
    HaproxyProcess running = process;
    if (running != null) {
      running.stop(graceful, TERMINATE);
    }
  }

  /** With {@link #busy} held. */
  private ReloadResult start() throws InterruptedException {
    long began = System.nanoTime();
    HaproxyProcess fresh;
    try {
      stopUnreachableOrphan();
      Optional<String> taken = addressInUse();
      if (taken.isPresent()) {
        return new ReloadResult.Unreachable(
            "another process listens at " + taken.get() + ", which HAProxy would share with it");
      }
      Files.createDirectories(
          Objects.requireNonNull(socket.path().getParent()), PrivateDirectory.ATTRIBUTE);
      fresh = HaproxyProcess.start(binary, config, socket.path());
    } catch (IOException e) {
      return new ReloadResult.Unreachable("cannot run " + binary.path() + ": " + e.getMessage());
    }
    supervise(fresh);
    Duration limit = cli.timeouts().reload();
    long deadline = began + limit.toNanos();
    while (fresh.alive() && System.nanoTime() < deadline) {
      if (serves(fresh)) {
        return new ReloadResult.Success(Duration.ofNanos(System.nanoTime() - began));
      }
      Thread.sleep(cli.timeouts().poll().toMillis());
    }
    if (fresh.alive()) {
      fresh.stop(Duration.ZERO, TERMINATE);
      return new ReloadResult.NotServing(
          "HAProxy did not begin to serve within " + limit.toSeconds() + " s");
    }
    int code = fresh.exitCode().getNow(-1);
    return new ReloadResult.Refused(
        fresh.alertsSince(0, "HAProxy did not start: it ended with " + code));
  }

  private boolean serves(HaproxyProcess fresh) {
    try {
      ShowProc processes = cli.processes();
      // If the binary is a wrapper, the master is a child of it.
      return (processes.master().pid() == fresh.pid()
              || isDescendant(fresh, processes.master().pid()))
          && !processes.workers().isEmpty()
          && cli.worker().serves();
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isDescendant(HaproxyProcess above, long pid) {
    Optional<ProcessHandle> parent = ProcessHandle.of(pid).flatMap(ProcessHandle::parent);
    return parent.isPresent()
        && (parent.get().pid() == above.pid() || isDescendant(above, parent.get().pid()));
  }

  /**
   * An address at which another process listens already. HAProxy would not fail to bind it:
   * processes of one user share a port, and each gets a part of the connections.
   */
  private Optional<String> addressInUse() throws IOException {
    for (InetSocketAddress address :
        HaproxyConfig.parse(Files.readString(config)).bindAddresses()) {
      try (ServerSocket listener = new ServerSocket()) {
        listener.bind(address);
      } catch (IOException e) {
        if (ListenerProbe.accepts(address)) {
          return Optional.of(ListenerProbe.text(address));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Stops an HAProxy of an earlier run whose socket does not answer: it would share the ports with
   * the new one and serve an old configuration.
   */
  private void stopUnreachableOrphan() {
    Optional<OrphanedMaster> orphan = OrphanedMaster.find(config);
    if (orphan.isPresent()) {
      log.warn(
          "HAProxy {} of an earlier run does not answer at {}: it is ended, and another one"
              + " started",
          orphan.get().pid(),
          orphan.get().masterSocket());
      HaproxyProcess.adopt(orphan.get().pid()).ifPresent(gone -> gone.stop(UNREACHABLE, TERMINATE));
    }
  }

  private void supervise(HaproxyProcess fresh) {
    process = fresh;
    started = Instant.now();
    var unused = fresh.exitCode().thenAccept(code -> onExit(fresh, code));
    if (closed) {
      // close() was called by another thread meanwhile.
      fresh.stop(GRACEFUL, TERMINATE);
    }
  }

  private void onExit(HaproxyProcess gone, int code) {
    if (closed || process != gone) {
      return;
    }
    if (started.plus(STEADY).isBefore(Instant.now())) {
      restarts.reset();
    }
    Duration delay = restarts.scheduleAfterFailure(() -> restart(gone));
    log.error("HAProxy ended with {}: started again in {} ms", code, delay.toMillis());
  }

  private void restart(HaproxyProcess gone) {
    busy.lock();
    try {
      if (closed || process != gone || !Files.exists(config)) {
        return;
      }
      ReloadResult result = start();
      monitor.refresh();
      if (result instanceof ReloadResult.Unreachable unreachable) {
        Duration delay = restarts.scheduleAfterFailure(() -> restart(gone));
        log.error("{}: tried again in {} ms", unreachable.reason(), delay.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      Duration delay = restarts.scheduleAfterFailure(() -> restart(gone));
      log.error("HAProxy was not started: tried again in {} ms", delay.toMillis(), e);
    } finally {
      busy.unlock();
    }
  }

  /** Runs a task after each failure, with exponential back-off. Thread-safe. */
  static final class RestartScheduler implements AutoCloseable {

    private final Backoff backoff;
    private final AtomicInteger failures = new AtomicInteger();
    private final ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "haproxy-child");
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());

    RestartScheduler(Backoff backoff) {
      this.backoff = backoff;
    }

    /**
     * Schedules a task; does nothing after {@link #close}.
     *
     * @return the delay
     */
    Duration scheduleAfterFailure(Runnable task) {
      Duration delay = backoff.delay(failures.incrementAndGet(), RandomGenerator.getDefault());
      var unused = executor.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
      return delay;
    }

    /** The next failure counts as the first. */
    void reset() {
      failures.set(0);
    }

    @Override
    public void close() {
      executor.shutdownNow();
    }
  }
}
