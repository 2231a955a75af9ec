package dev.rollcall.discovery.internal.concurrent;

import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Handlers of the operating system's signals. */
public final class Signals {

  private static final Logger log = LoggerFactory.getLogger(Signals.class);

  private Signals() {}

  /**
   * Runs something at each signal of a name, such as {@code TERM}, from now on; not in a JVM that
   * takes no handlers. By reflection, as the compiler rightly warns of this interface.
   */
  public static void handle(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object call =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                action.run();
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), call);
    } catch (ReflectiveOperationException | RuntimeException e) {
      log.debug("SIG{} cannot be handled", name, e);
    }
  }
}
