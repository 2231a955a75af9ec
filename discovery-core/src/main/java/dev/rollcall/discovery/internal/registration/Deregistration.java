package dev.rollcall.discovery.internal.registration;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.AgentApi.AgentService;
import dev.rollcall.discovery.internal.api.AgentApi.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Backoff;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.SerialExecutor;
import dev.rollcall.discovery.internal.concurrent.SerialExecutor.Priority;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
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

  private static final Logger log = LoggerFactory.getLogger(Deregistration.class);

  /** How long another process that wants the id has to take it over. */
  private static final Duration HANDOVER = Duration.ofMillis(1200);

  private static final Duration HANDOVER_POLL = Duration.ofMillis(50);

  private final ServiceDefinition definition;
  private final ServiceRecord record;
  private final AgentApi agent;
  private final SerialExecutor serial;
  private final RuntimeContext context;
  private final Duration bound;
  private final Backoff backoff;
  private volatile long begunAt;
  private boolean offered;
  private Duration retryAfter = Duration.ZERO;
  private final CompletableFuture<Boolean> done = new CompletableFuture<>();

  /**
   * One that has not begun.
   *
   * @param serial runs all calls for the service, one after the other
   */
  Deregistration(
      ServiceDefinition definition,
      ServiceRecord record,
      AgentApi agent,
      SerialExecutor serial,
      RuntimeContext context,
      Duration bound) {
    this.definition = definition;
    this.record = record;
    this.agent = agent;
    this.serial = serial;
    this.context = context;
    this.bound = bound;
    backoff = new Backoff(bound.dividedBy(8), context.random());
  }

  /** Begins, unless it has begun. */
  void begin() {
    long now = context.clock().nanoTime();
    if (record.moveTo(RegistrationState.DRAINING)) {
      begunAt = now;
      context.scheduler().schedule(bound, () -> end(false));
      serial.execute(Priority.DEREGISTER, this::attempt);
    }
  }

  /** One try, unless time is up: then the id may be somebody else's by now. */
  private void attempt() {
    if (done.isDone()) {
      return;
    }
    try {
      if (record.mayBeHeld && record.contested && isOffered()) {
        attemptAfter(HANDOVER_POLL);
        return;
      }
      if (!record.mayBeHeld || isRemoved()) {
        end(true);
        return;
      }
    } catch (Throwable e) {
      log.warn("{} could not leave; trying on", record.id(), e);
    }
    attemptAfter(backoff.next(Collections.min(List.of(retryAfter, bound.dividedBy(4)))));
  }

  private void attemptAfter(Duration pause) {
    context.scheduler().schedule(pause, () -> serial.execute(Priority.DEREGISTER, this::attempt));
  }

  /**
   * Lets the other process that wants the id take it over before it is removed, so that at no
   * moment none of the two is listed. Returns whether to wait for that.
   */
  private boolean isOffered() {
    Duration longest = Collections.min(List.of(HANDOVER, bound.dividedBy(2)));
    AgentServiceRegistration own =
        new AgentServiceRegistration(record.desired().definition(), record.owner());
    if (context.clock().since(begunAt).compareTo(longest) >= 0
        || !(agent.find(own) instanceof Result.Ok<AgentService> ok)
        || !ok.value().isOwnedBy(record.owner())) {
      return false;
    }
    if (!offered) {
      offered = agent.update(own.asLeaving()) instanceof Result.Ok<Done>;
    }
    return offered;
  }

  /** Removes it, unless it is another's by now. */
  private boolean isRemoved() {
    Duration left = bound.minus(context.clock().since(begunAt));
    if (agent.deregister(record.id(), record.owner(), left) instanceof Result.Failed<Done> failed
        && failed.failure().kind() != ConsulFailure.Kind.UNKNOWN) {
      context.listener().tell(to -> to.registrationFailed(record.id(), failed.failure()));
      retryAfter = failed.failure().retryAfter();
      return false;
    }
    return true;
  }

  /** Done, one way or the other; the first to say so counts. */
  private void end(boolean confirmed) {
    if (!record.moveTo(RegistrationState.LEFT)) {
      return;
    }
    if (confirmed && !record.mayBeHeld) {
      log.info("{} ends; Consul never had it", record.id());
    } else if (confirmed) {
      log.info("{} has left", record.id());
    } else {
      log.warn(
          "{} left, but Consul could not be told within {} ms: {}",
          record.id(),
          bound.toMillis(),
          expiry());
    }
    done.complete(confirmed);
  }

  /** What becomes of the service if Consul can't be told. */
  private String expiry() {
    long removal =
        definition.checks().stream()
            .map(HealthCheck::deregisterAfter)
            .min(Duration::compareTo)
            .orElseThrow()
            .toSeconds();
    return definition
        .heartbeat()
        .map(
            ttl ->
                "its check lapses in %d s, and Consul removes it %d s later"
                    .formatted(ttl.ttl().toSeconds(), removal))
        .orElse("Consul removes it when its checks have been critical for " + removal + " s");
  }

  /**
   * Completes with whether Consul confirmed it. What others do then runs on a thread that calls
   * other people's code.
   */
  CompletableFuture<Boolean> done() {
    return done.isDone()
        ? CompletableFuture.completedFuture(done.join())
        : done.thenApplyAsync(Function.identity(), context.listener().threads());
  }

  /** Begins, and waits for what it brings for as long as it may take. */
  boolean await() {
    begin();
    return await(bound.plusMillis(100));
  }

  /**
   * Waits for one that has begun, and tells what it brought; gives it up if that takes longer. An
   * interrupt does not shorten the wait, and is there afterwards: a leave that is cut short leaves
   * a service listed that nobody serves.
   */
  boolean await(Duration atMost) {
    CountDownLatch ended = new CountDownLatch(1);
    var unused = done.thenRun(ended::countDown);
    if (!Clock.system().awaitUninterruptibly(ended, atMost)) {
      end(false);
    }
    return done.getNow(false);
  }
}
