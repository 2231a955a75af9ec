package dev.rollcall.lb;

import dev.rollcall.lb.cli.ExitCode;
import dev.rollcall.lb.cli.RootCommand;
import dev.rollcall.lb.cli.Signals;
import java.security.Security;

/** Keeps HAProxy in step with the services that its template names. */
public final class LbRenderer {
  /** How many seconds the JVM keeps the address of a host name; 30 by default. */
  private static final String ADDRESS_CACHE = "networkaddress.cache.ttl";

  private LbRenderer() {}

  /** Runs until the work is done or a signal ends it; {@code --help} tells the rest. */
  public static void main(String[] arguments) {
    // Before anything else is loaded: until then the JVM ends at a hang-up.
    Signals.deferHangUp();
    int code = ExitCode.INTERNAL.number();
    try {
      if (Security.getProperty(ADDRESS_CACHE) == null) {
        // Consul may come back under another address: the JVM would look for it at the old one.
        Security.setProperty(ADDRESS_CACHE, "1");
      }
      code = new RootCommand(System.getenv(), System.out, System.err).execute(arguments);
    } catch (Error e) {
      System.err.println("lb-renderer: internal error: " + e + ": please report it, with the log");
      e.printStackTrace();
    } finally {
      // Other threads would survive an Error of this one.
      System.exit(code);
    }
  }
}
