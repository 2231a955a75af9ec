package dev.rollcall.discovery.internal.registration;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentService;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Backoff;
import dev.rollcall.discovery.internal.concurrent.Durations;
import dev.rollcall.discovery.internal.concurrent.Priority;
import dev.rollcall.discovery.internal.concurrent.SerialExecutor;
import dev.rollcall.discovery.internal.concurrent.SystemClock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one service out of the registry, within a bound. Thread-safe.
 *
 * <p>The state says that leaving has begun before the removal is queued behind the other calls for
 * the service, and each of those looks at the state first: so the removal comes after any
 * registration under way, and none comes after it.
 */
final class Deregistration {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  /** How long another process that wants the id has to take it over. */
  private static final Duration OFFER = Duration.ofMillis(1200);

  private static final Duration GLANCE = Duration.ofMillis(50);

  private final String id;
  private final ServiceRecord entry;
  private final RegistrationLifecycle state;
  private final SerialExecutor serial;
  private final RuntimeContext means;
  private final Duration bound;
  private final BooleanSupplier mayBeHeld;
  private final BooleanSupplier contested;
  private final String otherwise;
  private final Backoff backoff;
  private volatile long begunAt;
  private boolean offered;
  private final CompletableFuture<Boolean> done = new CompletableFuture<>();

  /**
   * A departure that has not begun.
   *
   * @param serial runs all calls for the service, one after the other
   * @param mayBeHeld whether the agent may hold the service; asked by a serial task
   * @param contested whether another process is known to want the id; asked by a serial task
   */
  Deregistration(
      ServiceDefinition definition,
      ServiceRecord entry,
      RegistrationLifecycle state,
      SerialExecutor serial,
      RuntimeContext means,
      Duration bound,
      BooleanSupplier mayBeHeld,
      BooleanSupplier contested) {
    this.id = definition.id();
    this.entry = entry;
    this.state = state;
    this.serial = serial;
    this.means = means;
    this.bound = bound;
    this.mayBeHeld = mayBeHeld;
    this.contested = contested;
    otherwise = otherwise(definition);
    backoff = new Backoff(bound.dividedBy(8), means.random());
  }

  /** What becomes of the service if Consul can't be told. */
  private static String otherwise(ServiceDefinition definition) {
    long removal =
        definition.checks().stream()
            .map(HealthCheck::deregisterAfter)
            .reduce(Durations::shorter)
            .orElseThrow()
            .toSeconds();
    return definition
        .heartbeat()
        .map(
            check ->
                "its check lapses in "
                    + check.ttl().toSeconds()
                    + " s, and Consul removes it "
                    + removal
                    + " s later")
        .orElse("Consul removes it when its checks have been critical for " + removal + " s");
  }

  /** Begins, unless it has begun. */
  void begin() {
    long now = means.clock().nanoTime();
    if (state.moveTo(RegistrationState.DRAINING)) {
      begunAt = now;
      means.scheduler().schedule(bound, () -> end(false));
      serial.execute(Priority.DEREGISTER, this::depart);
    }
  }

  /** One try, unless time is up: then the id may be somebody else's by now. */
  private void depart() {
    if (done.isDone()) {
      return;
    }
    try {
      if (mayBeHeld.getAsBoolean() && contested.getAsBoolean() && isOffered()) {
        departAfter(GLANCE);
        return;
      }
      if (!mayBeHeld.getAsBoolean() || removed()) {
        end(true);
        return;
      }
    } catch (Throwable e) {
      log.warn("{} could not leave; trying on", id, e);
    }
    departAfter(backoff.next());
  }

  private void departAfter(Duration pause) {
    means.scheduler().schedule(pause, () -> serial.execute(Priority.DEREGISTER, this::depart));
  }

  /**
   * Lets the other process that wants the id take it over before it is removed, so that at no
   * moment none of the two is listed. Returns whether to wait for that.
   */
  private boolean isOffered() {
    if (means.clock().since(begunAt).compareTo(Durations.shorter(OFFER, bound.dividedBy(2))) >= 0) {
      return false;
    }
    if (!(entry.find() instanceof Result.Ok<AgentService> ok)
        || !ok.value().isOwnedBy(entry.owner())) {
      return false;
    }
    if (!offered) {
      offered = entry.offer() instanceof Result.Ok<Done>;
    }
    return offered;
  }

  private boolean removed() {
    Duration left = bound.minus(means.clock().since(begunAt));
    if (entry.remove(left) instanceof Result.Failed<Done> failed
        && failed.failure().kind() != ConsulFailure.Kind.UNKNOWN) {
      means.listener().tell(to -> to.registrationFailed(id, failed.failure()));
      return false;
    }
    return true;
  }

  /** Done, one way or the other; the first to say so counts. */
  private void end(boolean confirmed) {
    if (!state.moveTo(RegistrationState.LEFT)) {
      return;
    }
    if (confirmed) {
      log.info("{} has left", id);
    } else {
      log.warn(
          "{} left, but Consul could not be told within {} ms: {}",
          id,
          bound.toMillis(),
          otherwise);
    }
    done.complete(confirmed);
  }

  /**
   * Completes with whether Consul confirmed it. What others do then runs on a thread that calls
   * other people's code.
   */
  CompletableFuture<Boolean> done() {
    return done.isDone()
        ? CompletableFuture.completedFuture(done.join())
        : done.thenApplyAsync(Function.identity(), means.listener().threads());
  }

  /** Begins, and waits for what it brings for as long as it may take. */
  boolean await() {
    begin();
    return await(bound.plusMillis(100));
  }

  /**
   * Waits for one that has begun, and tells what it brought; gives it up if that takes longer. An
   * interrupt does not shorten the wait, and is there afterwards.
   */
  boolean await(Duration atMost) {
    long began = SystemClock.SYSTEM.nanoTime();
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          long left = Math.max(0, atMost.toNanos() - (SystemClock.SYSTEM.nanoTime() - began));
          return done.get(left, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          // A leave that is cut short leaves a service listed that nobody serves.
          interrupted = true;
        }
      }
    } catch (ExecutionException | TimeoutException e) {
      end(false);
      return done.getNow(false);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
