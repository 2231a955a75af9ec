package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Lock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls the master, keeps its status, and notifies listeners when HAProxy appeared, restarted, or
 * was reloaded by somebody else. Does not poll during our own changes. Thread-safe.
 */
final class MasterMonitor implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(MasterMonitor.class);

  /** The master reports its uptime in whole seconds. */
  private static final Duration COARSENESS = Duration.ofSeconds(2);

  private static final Duration PRESENT = Duration.ofSeconds(1);
  private static final Backoff ABSENT = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2));

  private final MasterCli cli;
  private final HaproxyStatus.Mode mode;
  private final Lock busy;
  private final InstantSource clock;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Thread thread;

  private volatile HaproxyStatus status;
  private @Nullable Observation lastSeen;
  private boolean changed;
  private int failures;

  /**
   * Which process was seen.
   *
   * @param started at this time, give or take {@link #COARSENESS}
   */
  private record Observation(ShowProc processes, Instant started) {

    /** Of the current worker; 0 if there is none, as while HAProxy stops. */
    private long worker() {
      return processes.workers().isEmpty() ? 0 : processes.workers().get(0).pid();
    }

    boolean isOtherThan(Observation before) {
      boolean otherStart = started.isAfter(before.started.plus(COARSENESS));
      boolean fewerReloads = processes.master().reloads() < before.processes.master().reloads();
      return otherStart
          || fewerReloads
          // Somebody else reloaded it.
          || (worker() != 0 && worker() != before.worker())
          || processes.master().pid() != before.processes.master().pid();
    }
  }

  /**
   * Polls from {@link #start} on.
   *
   * @param busy held by whoever changes HAProxy
   */
  MasterMonitor(MasterCli cli, HaproxyStatus.Mode mode, Lock busy, InstantSource clock) {
    this.cli = cli;
    this.mode = mode;
    this.busy = busy;
    this.clock = clock;
    this.status = HaproxyStatus.absent(mode, "not seen yet");
    this.thread = new Thread(this::run, "haproxy-watch");
    this.thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  HaproxyStatus status() {
    return status;
  }

  void onRestart(Runnable listener) {
    listeners.add(listener);
  }

  /** Polls once, now. */
  synchronized void refresh() {
    try {
      Observation seen = seen(cli.processes());
      changed |= lastSeen == null || seen.isOtherThan(lastSeen);
      lastSeen = seen;
      failures = 0;
      status = status(seen.processes());
    } catch (IOException e) {
      failures++;
      lastSeen = null;
      status = HaproxyStatus.absent(mode, HaproxyMessage.firstLine(String.valueOf(e.getMessage())));
    }
  }

  /** HAProxy runs the current file: what was seen so far is not notified. */
  synchronized void acknowledge() {
    changed = false;
  }

  /** Stops polling. */
  @Override
  public void close() {
    thread.interrupt();
  }

  private void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        try {
          if (refreshUnlessBusy() && takeChange()) {
            log.info(
                "HAProxy {} has come, or has reloaded by itself: worker {}",
                status.version(),
                status.workerPid());
            listeners.forEach(Runnable::run);
          }
        } catch (RuntimeException | Error e) {
          log.error("HAProxy could not be looked at; tried again", e);
        }
        Thread.sleep(pollInterval().toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean refreshUnlessBusy() {
    if (!busy.tryLock()) {
      return false;
    }
    try {
      refresh();
      return true;
    } finally {
      busy.unlock();
    }
  }

  private synchronized boolean takeChange() {
    boolean taken = changed;
    changed = false;
    return taken;
  }

  private synchronized Duration pollInterval() {
    return failures == 0 ? PRESENT : ABSENT.delay(failures, RandomGenerator.getDefault());
  }

  private Observation seen(ShowProc processes) {
    return new Observation(processes, clock.instant().minus(processes.master().uptime()));
  }

  private HaproxyStatus status(ShowProc processes) {
    long worker = processes.serving().map(ShowProc.ProcessEntry::pid).orElse(0L);
    boolean serves = worker != 0;
    boolean servingIsListedAsOld = serves && processes.workers().isEmpty();
    return new HaproxyStatus(
        mode,
        serves,
        processes.master().version(),
        processes.master().pid(),
        worker,
        processes.master().uptime(),
        processes.master().reloads(),
        processes.failedReloads(),
        processes.oldWorkers().size() - (servingIsListedAsOld ? 1 : 0),
        serves ? null : "no worker serves");
  }
}
