package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.internal.concurrent.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Time that passes only when somebody says so, and the knowledge of all that works in it: who runs,
 * and who waits for what. Its lock guards the registry's contents too, so that a change and what it
 * wakes are one step. Thread-safe.
 */
final class ManualClock implements Clock {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration GLANCE = Duration.ofMillis(10);

  private record Task(long at, long order, Runnable work) {}

  private record Waiter(long until, BooleanSupplier wake) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ReentrantLock stepping = new ReentrantLock();
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::order));
  private final Set<Waiter> waiters = new LinkedHashSet<>();
  private final ThreadLocal<Boolean> own = ThreadLocal.withInitial(() -> false);
  private long now = TimeUnit.DAYS.toNanos(1);
  private long order;
  private int running;

  /** Looks at what this guards. */
  <T> T read(Supplier<T> look) {
    lock.lock();
    try {
      return look.get();
    } finally {
      lock.unlock();
    }
  }

  /** Does something as one step, and lets all who wait look again. */
  <T> T with(Supplier<T> step) {
    lock.lock();
    try {
      return step.get();
    } finally {
      changed.signalAll();
      lock.unlock();
    }
  }

  /** As {@link #with}, with nothing to tell. */
  void run(Runnable step) {
    var unused =
        with(
            () -> {
              step.run();
              return true;
            });
  }

  @Override
  public long nanoTime() {
    return read(() -> now);
  }

  /** Runs something when time has passed so far, on the thread that lets it pass. */
  void after(Duration delay, Runnable task) {
    run(() -> tasks.add(new Task(now + delay.toNanos(), order++, task)));
  }

  /** Wraps work for another thread so that it is known of until it is done. */
  Runnable counted(Runnable work) {
    run(() -> running++);
    return () -> {
      own.set(true);
      try {
        work.run();
      } finally {
        own.remove();
        run(() -> running--);
      }
    };
  }

  /** Waits, within counted work, until a condition on what this guards holds or time is up. */
  void await(Duration atMost, BooleanSupplier wake) {
    run(() -> awaitLocked(atMost, wake));
  }

  private void awaitLocked(Duration atMost, BooleanSupplier wake) {
    long until = now + atMost.toNanos();
    Waiter waiter = new Waiter(until, () -> wake.getAsBoolean() || now >= until);
    waiters.add(waiter);
    changed.signalAll();
    try {
      while (!waiter.wake().getAsBoolean()) {
        changed.awaitUninterruptibly();
      }
    } finally {
      waiters.remove(waiter);
    }
  }

  @Override
  public boolean await(CountDownLatch latch, Duration atMost) throws InterruptedException {
    lock.lock();
    try {
      long until = now + atMost.toNanos();
      Waiter waiter = new Waiter(until, () -> latch.getCount() == 0 || now >= until);
      waiters.add(waiter);
      changed.signalAll();
      try {
        while (!waiter.wake().getAsBoolean()) {
          // A latch tells nobody that it has opened.
          var unused = changed.await(GLANCE.toNanos(), TimeUnit.NANOSECONDS);
        }
      } finally {
        waiters.remove(waiter);
      }
      return latch.getCount() == 0;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing can happen before time passes. */
  void settle() {
    if (own.get()) {
      throw new IllegalStateException("called from a listener: nothing settles until it returns");
    }
    lock.lock();
    try {
      long left = PATIENCE.toNanos();
      while (!settled()) {
        if (left <= 0) {
          throw new IllegalStateException(
              "not settled within " + PATIENCE.toSeconds() + " s: a listener has not returned");
        }
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  private boolean settled() {
    return running == waiters.size()
        && waiters.stream().noneMatch(waiter -> waiter.wake().getAsBoolean());
  }

  /** Lets time pass, with all that is due in it, one thing after the other. */
  void advance(Duration by) {
    stepping.lock();
    try {
      settle();
      long end = nanoTime() + by.toNanos();
      for (long next = next(); next <= end; next = next()) {
        long then = next;
        run(() -> now = Math.max(now, then));
        settle();
        for (Runnable due = takeDue(); due != null; due = takeDue()) {
          due.run();
          settle();
        }
      }
      run(() -> now = end);
      settle();
    } finally {
      stepping.unlock();
    }
  }

  /** When the next thing is due. */
  private long next() {
    return read(
        () -> {
          long next = tasks.isEmpty() ? Long.MAX_VALUE : tasks.element().at();
          for (Waiter waiter : waiters) {
            next = Math.min(next, waiter.until());
          }
          return next;
        });
  }

  private @Nullable Runnable takeDue() {
    lock.lock();
    try {
      return !tasks.isEmpty() && tasks.element().at() <= now ? tasks.remove().work() : null;
    } finally {
      lock.unlock();
    }
  }
}
