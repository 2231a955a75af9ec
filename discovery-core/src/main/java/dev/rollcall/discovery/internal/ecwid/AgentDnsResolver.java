package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.net.UncachedDns;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.apache.http.conn.DnsResolver;
import org.jspecify.annotations.Nullable;

/**
 * Looks the agent's host up. The JVM answers from a cache for 30 s, and for 10 s that there is no
 * such host, which only a setting of the whole JVM changes: an agent that comes back under another
 * address would be looked for at the old one for so long. So where the JVM's answer did not lead to
 * a connection, what the hosts file and the name servers say at that moment is tried first.
 * Thread-safe.
 */
final class AgentDnsResolver implements DnsResolver {

  /** How long after a connection has failed the JVM's cache is not relied on. */
  private static final Duration DOUBT = Duration.ofSeconds(60);

  private final Clock clock;
  private final DnsResolver jvm;
  private final Function<String, List<InetAddress>> uncached;
  private volatile @Nullable Long failedAt;

  AgentDnsResolver(Clock clock) {
    this(clock, InetAddress::getAllByName, UncachedDns.ofThisMachine()::lookup);
  }

  /**
   * A resolver.
   *
   * @param jvm what the JVM knows, which may be old
   * @param uncached what is so at the moment
   */
  AgentDnsResolver(Clock clock, DnsResolver jvm, Function<String, List<InetAddress>> uncached) {
    this.clock = clock;
    this.jvm = jvm;
    this.uncached = uncached;
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    Set<InetAddress> found = new LinkedHashSet<>();
    Long failed = failedAt;
    boolean doubted = failed != null && clock.since(failed).compareTo(DOUBT) <= 0;
    if (doubted && isName(host)) {
      found.addAll(uncached.apply(host));
    }
    try {
      found.addAll(List.of(jvm.resolve(host)));
    } catch (UnknownHostException e) {
      if (!doubted && isName(host)) {
        found.addAll(uncached.apply(host));
      }
      if (found.isEmpty()) {
        throw e;
      }
    }
    return found.toArray(InetAddress[]::new);
  }

  /** Whether a host is to be looked up at all: an address ends with a digit or has a colon. */
  private static boolean isName(String host) {
    return !host.contains(":") && !host.matches("[0-9.]+");
  }

  /** No connection could be made. */
  void connectFailed() {
    failedAt = clock.nanoTime();
  }
}
