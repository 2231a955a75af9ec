package dev.rollcall.lb.cli;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * What the process does when it gets a signal. The JDK has no other way to say so, and keeps this
 * one until it has (JEP 260).
 */
final class Signals {
  private static final Logger log = LoggerFactory.getLogger(Signals.class);

  private Signals() {}

  /**
   * From now on a signal runs an action, each time on a thread of its own. A signal that the
   * process was started to ignore, as {@code nohup} does with HUP, stays ignored.
   *
   * @param name without SIG, such as {@code HUP}
   */
  static void on(String name, Runnable action) {
    try {
      Signal.handle(new Signal(name), signal -> action.run());
    } catch (IllegalArgumentException e) {
      log.warn("SIG{} is left to the system: {}", name, e.getMessage());
    }
  }
}
