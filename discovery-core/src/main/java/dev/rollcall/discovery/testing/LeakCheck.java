package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.Discovery;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Knows every watch and every registration that is opened on the connections it looks after, and
 * tells which nobody has closed. Works on any {@link Discovery}, one to a real Consul included.
 *
 * <p>This type is thread-safe.
 */
public final class LeakCheck implements AutoCloseable {

  private final List<LeakTrackingDiscovery> connections = new CopyOnWriteArrayList<>();

  /** Looks after no connection yet. */
  public LeakCheck() {}

  /**
   * Looks after a connection.
   *
   * @param discovery an open connection
   * @return the connection to use in its place
   */
  public Discovery on(Discovery discovery) {
    LeakTrackingDiscovery checked = new LeakTrackingDiscovery(discovery);
    connections.add(checked);
    return checked;
  }

  /**
   * What is open. A registration is closed when leaving has begun; whatever was opened on a
   * connection is closed with it.
   *
   * @return one for each, telling what it is and where it was opened; empty if nothing has leaked
   */
  public List<Leak> leaks() {
    return connections.stream().flatMap(each -> each.leaks().stream()).toList();
  }

  /**
   * Fails if something is open.
   *
   * @throws AssertionError naming each watch and registration that is; where each was opened is
   *     among the suppressed
   */
  public void assertNoLeaks() {
    List<Leak> leaks = leaks();
    if (leaks.isEmpty()) {
      return;
    }
    AssertionError error =
        new AssertionError(
            "never closed: " + String.join(", ", leaks.stream().map(Leak::what).toList()));
    leaks.forEach(leak -> error.addSuppressed(leak.opened()));
    throw error;
  }

  /** Closes every connection. Idempotent. */
  @Override
  public void close() {
    connections.forEach(Discovery::close);
  }

  /**
   * Something that is open.
   *
   * @param what such as {@code watch of web} or {@code registration web-1}
   * @param opened holds the stack of the call that opened it
   */
  public record Leak(String what, Throwable opened) {}
}
