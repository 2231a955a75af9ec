package dev.rollcall.lb.cli;

import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * What the process does when it gets a signal. The JDK has no other way to say so, and keeps this
 * one until it has (JEP 260). Thread-safe.
 *
 * <p>A signal that the process was started to ignore, as {@code nohup} does with HUP, stays
 * ignored. This class loads no other one that takes time: it is the first to run.
 */
public final class Signals implements SignalHandler {
  private static final String HANG_UP = "HUP";
  private static final Signals HANG_UPS = new Signals();

  private boolean deferring;
  private boolean pending;
  private @Nullable Runnable action;

  private Signals() {}

  /**
   * Has a SIGHUP wait until it is known what it means, see {@link #onHangUp} and {@link
   * #releaseHangUp}. Without that it ends the process, also when it comes while the program is
   * being loaded.
   */
  public static void deferHangUp() {
    HANG_UPS.deferring = true;
    try {
      Signal.handle(new Signal(HANG_UP), HANG_UPS);
    } catch (IllegalArgumentException e) {
      // With -Xrs. It is told when the action is set.
      HANG_UPS.deferring = false;
    }
  }

  /** From now on a SIGHUP runs an action; if one came before, that is now. */
  static void onHangUp(Runnable action) {
    HANG_UPS.act(action);
    if (!HANG_UPS.deferring) {
      on(HANG_UP, action);
    }
  }

  /** From now on a SIGHUP ends the process; if one came before, that is now. */
  static void releaseHangUp() {
    if (HANG_UPS.deferring) {
      HANG_UPS.deferring = false;
      Signal hangUp = new Signal(HANG_UP);
      Signal.handle(hangUp, SignalHandler.SIG_DFL);
      if (HANG_UPS.pending()) {
        Signal.raise(hangUp);
      }
    }
  }

  /**
   * From now on a signal runs an action, each time on a thread of its own.
   *
   * @param name without SIG, such as {@code TERM}
   */
  static void on(String name, Runnable action) {
    try {
      Signal.handle(new Signal(name), signal -> action.run());
    } catch (IllegalArgumentException e) {
      LoggerFactory.getLogger(Signals.class)
          .warn(
              "SIG{} cannot be handled here and keeps its default effect: {}",
              name,
              e.getMessage());
    }
  }

  /** Called by the JVM. */
  @Override
  public void handle(Signal signal) {
    Runnable now;
    synchronized (this) {
      now = action;
      pending |= now == null;
    }
    if (now != null) {
      now.run();
    }
  }

  private void act(Runnable wanted) {
    boolean due;
    synchronized (this) {
      action = wanted;
      due = pending;
      pending = false;
    }
    if (due) {
      wanted.run();
    }
  }

  private synchronized boolean pending() {
    return pending;
  }
}
