package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.internal.concurrent.Clock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.naming.CompositeName;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
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

  /**
   * What the hosts file and the name servers of this machine say of a host at the moment, past
   * every cache of the JVM. Name servers are asked by the JDK's own provider of DNS; where the
   * runtime has none, they are not asked. Thread-safe.
   *
   * @param hosts a file as hosts(5) describes it
   * @param resolver a file as resolv.conf(5) describes it
   * @see <a
   *     href="https://docs.oracle.com/en/java/javase/17/docs/api/jdk.naming.dns/module-summary.html">The
   *     DNS naming provider</a>
   */
  record UncachedDns(Path hosts, Path resolver) {

    private static final List<String> TYPES = List.of("A", "AAAA");
    private static final int MOST_ADDRESSES = 8;

    static UncachedDns ofThisMachine() {
      return new UncachedDns(Path.of("/etc/hosts"), Path.of("/etc/resolv.conf"));
    }

    /** The addresses of a host; empty if it has none, or if it cannot be found out. */
    List<InetAddress> lookup(String host) {
      List<InetAddress> listed = listed(host);
      return listed.isEmpty() ? asked(host) : listed;
    }

    private List<InetAddress> listed(String host) {
      List<InetAddress> found = new ArrayList<>();
      for (String line : lines(hosts)) {
        String[] words = line.replaceFirst("#.*", "").strip().split("\\s+");
        if (Stream.of(words).skip(1).anyMatch(host::equalsIgnoreCase)) {
          found.addAll(address(words[0]));
        }
      }
      return found;
    }

    private List<InetAddress> asked(String host) {
      for (String name : candidates(host)) {
        List<InetAddress> found = records(name);
        if (!found.isEmpty()) {
          return found;
        }
      }
      return List.of();
    }

    /** The names that a host may be short for, in the order in which the C library tries them. */
    List<String> candidates(String host) {
      List<String> search = List.of();
      int dots = 1;
      for (String line : lines(resolver)) {
        String[] words = line.strip().split("\\s+");
        if (words[0].equals("search") || words[0].equals("domain")) {
          search = Stream.of(words).skip(1).toList();
        } else if (words[0].equals("options")) {
          dots =
              Stream.of(words)
                  .filter(word -> word.matches("ndots:[0-9]{1,2}"))
                  .map(word -> Integer.valueOf(word.substring("ndots:".length())))
                  .findFirst()
                  .orElse(dots);
        }
      }
      Stream<String> longer = search.stream().map(domain -> host + "." + domain);
      boolean complete = host.chars().filter(each -> each == '.').count() >= dots;
      if (host.endsWith(".")) {
        return List.of(host);
      }
      return (complete
              ? Stream.concat(Stream.of(host), longer)
              : Stream.concat(longer, Stream.of(host)))
          .toList();
    }

    @SuppressWarnings("JdkObsolete") // InitialDirContext takes no other map.
    private static List<InetAddress> records(String name) {
      Hashtable<String, String> settings = new Hashtable<>();
      settings.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
      settings.put("java.naming.provider.url", "dns:");
      settings.put("com.sun.jndi.dns.timeout.initial", "500");
      settings.put("com.sun.jndi.dns.timeout.retries", "2");
      List<InetAddress> found = new ArrayList<>();
      try {
        DirContext context = new InitialDirContext(settings);
        try {
          // One after the other: both at once would be asked for as ANY, which servers refuse.
          for (String type : TYPES) {
            found.addAll(records(context, name, type));
          }
        } finally {
          context.close();
        }
      } catch (NamingException e) {
        // No such name, no name server, or no provider.
      }
      return found;
    }

    @SuppressWarnings("BanJNDI") // The provider of DNS gives texts, and makes no objects of them.
    private static List<InetAddress> records(DirContext context, String name, String type)
        throws NamingException {
      List<InetAddress> found = new ArrayList<>();
      Attribute records =
          context.getAttributes(new CompositeName().add(name), new String[] {type}).get(type);
      NamingEnumeration<?> values = records == null ? null : records.getAll();
      while (values != null && values.hasMore() && found.size() < MOST_ADDRESSES) {
        found.addAll(address(String.valueOf(values.next())));
      }
      return found;
    }

    /** An address out of a text that is one; none if it is a name, which is not looked up. */
    private static List<InetAddress> address(String text) {
      String lower = text.toLowerCase(Locale.ROOT);
      if (!lower.matches("[0-9.]+|[0-9a-f:.]*:[0-9a-f:.%a-z]*")) {
        return List.of();
      }
      try {
        return List.of(InetAddress.getByName(text));
      } catch (UnknownHostException e) {
        return List.of();
      }
    }

    private static List<String> lines(Path file) {
      try {
        return Files.readAllLines(file);
      } catch (IOException e) {
        return List.of();
      }
    }
  }
}
