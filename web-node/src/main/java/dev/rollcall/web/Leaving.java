package dev.rollcall.web;

import dev.rollcall.discovery.LeaveOnTerminate;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process in order when it is asked to stop, with exit code 0.
 *
 * <p>A JVM that ends on SIGTERM runs its shutdown hooks and exits 143, whatever they did. To tell
 * an orderly end from a torn one, the hook itself ends the JVM: it is the only one, so halting
 * there skips nothing. That way the first signal needs nothing but the platform's own interface. A
 * second signal ends the wait for quiet; that needs a signal handler, which a runtime may lack or
 * have switched off ({@code -Xrs}): then the second signal is ignored, and leaving is bounded
 * anyway.
 */
final class Leaving {

  private static final Logger LOG = LoggerFactory.getLogger(Leaving.class);

  private Leaving() {}

  /** Installs the hook. */
  static void onStopSignal(LeaveOnTerminate leave) {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(leave), "leaving"));
  }

  private static void end(LeaveOnTerminate leave) {
    ExitCode code = ExitCode.FAILED;
    try {
      onSignal("TERM", leave::stopNow);
      onSignal("INT", leave::stopNow);
      leave.run();
      code = ExitCode.OK;
    } catch (RuntimeException e) {
      LOG.error("leaving failed", e);
    } finally {
      Runtime.getRuntime().halt(code.number());
    }
  }

  /** By reflection, as the compiler rightly warns of this interface and a runtime may lack it. */
  private static void onSignal(String name, Runnable action) {
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
      LOG.debug("a second SIG{} will be ignored", name, e);
    }
  }
}
