package dev.rollcall.discovery.internal.ecwid;

import java.time.Duration;
import java.util.Optional;
import org.apache.http.Header;
import org.apache.http.HttpResponse;

/**
 * What Consul says of an answer in headers that consul-api does not pass on.
 *
 * @param filtered whether it lacks what the token may not see; agents say so from 1.11 on, and not
 *     in what comes out of a stream of events, nor to who has no token
 * @param defaultPolicy what who has no right of its own may do, {@code allow} or {@code deny};
 *     empty if the agent does not say
 * @param lag how long ago, before it answered, Consul was last sure of it
 * @param confirmed whether Consul would have known of a change: not, where the server knows no
 *     leader, or the agent's cache cannot be kept fresh
 * @param cached whether the agent's cache had it already
 * @see <a
 *     href="https://developer.hashicorp.com/consul/api-docs/api-structure#results-filtered-by-acls">Results
 *     filtered by ACLs</a>
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/consistency">Consul's
 *     consistency modes, on LastContact and KnownLeader</a>
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/caching">Agent caching, on
 *     Age</a>
 */
record ConsulHeaders(
    boolean filtered,
    Optional<String> defaultPolicy,
    Duration lag,
    boolean confirmed,
    boolean cached) {

  /** Of no answer. */
  static final ConsulHeaders NONE =
      new ConsulHeaders(false, Optional.empty(), Duration.ZERO, true, false);

  static ConsulHeaders of(HttpResponse response) {
    // A stream of events never knows a leader, nor how old it is.
    boolean streamed = is(response, "X-Consul-Query-Backend", "streaming");
    boolean leaderless = is(response, "X-Consul-KnownLeader", "false") && !streamed;
    Duration lastContact = Duration.ofMillis(number(response, "X-Consul-LastContact"));
    // Zero while the agent is in touch with the servers, else for how long it has not been.
    Duration age = Duration.ofSeconds(number(response, "Age"));
    return new ConsulHeaders(
        is(response, "X-Consul-Results-Filtered-By-ACLs", "true"),
        Optional.ofNullable(response.getFirstHeader("X-Consul-Default-ACL-Policy"))
            .map(Header::getValue),
        lastContact.compareTo(age) > 0 ? lastContact : age,
        !leaderless && age.isZero(),
        is(response, "X-Cache", "HIT"));
  }

  /** Whether who has no right of its own may see everything. */
  boolean isOpen() {
    return defaultPolicy.filter("allow"::equalsIgnoreCase).isPresent();
  }

  /** Whether who has no right of its own may see nothing. */
  boolean isClosed() {
    return defaultPolicy.filter("deny"::equalsIgnoreCase).isPresent();
  }

  private static boolean is(HttpResponse response, String header, String value) {
    Header found = response.getFirstHeader(header);
    return found != null && value.equalsIgnoreCase(found.getValue());
  }

  /** A number that is none, or one that no clock can have counted to, counts as zero. */
  private static long number(HttpResponse response, String header) {
    Header found = response.getFirstHeader(header);
    String value = found == null ? "" : found.getValue();
    return value.matches("[0-9]{1,15}") ? Long.parseLong(value) : 0;
  }
}
