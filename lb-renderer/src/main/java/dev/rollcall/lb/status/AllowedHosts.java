package dev.rollcall.lb.status;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The names under which the status is served. A page in somebody's browser can have its own name
 * resolve to an address of this machine (DNS rebinding), and would then read the status as its own
 * site's; the name in the request gives it away. Immutable.
 *
 * <p>Always allowed are addresses, {@code localhost}, and names without a dot, as machines and
 * containers have: no site of the public DNS has one of these.
 */
public final class AllowedHosts {
  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
  private static final Pattern PORT = Pattern.compile(":\\d{0,5}$");

  private final Set<String> names;

  private AllowedHosts(Set<String> names) {
    this.names = names;
  }

  /** Those that are always allowed, and further ones, in any case. */
  public static AllowedHosts of(Collection<String> further) {
    return new AllowedHosts(
        further.stream().map(AllowedHosts::normal).collect(Collectors.toUnmodifiableSet()));
  }

  /**
   * Whether a request is meant for this server.
   *
   * @param headers the values of its {@code Host} headers; none, as before HTTP/1.1, will do: no
   *     browser sends such a request
   */
  boolean allow(List<String> headers) {
    return headers.isEmpty() || (headers.size() == 1 && allows(headers.get(0)));
  }

  private boolean allows(String header) {
    String host = normal(header);
    if (host.startsWith("[")) {
      return host.endsWith("]");
    }
    return !host.contains(".")
        || IPV4.matcher(host).matches()
        || host.endsWith(".localhost")
        || names.contains(host);
  }

  private static String normal(String host) {
    String name = PORT.matcher(host.strip()).replaceFirst("").toLowerCase(Locale.ROOT);
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }
}
