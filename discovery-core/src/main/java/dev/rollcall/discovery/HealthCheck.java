package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.net.Require;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * How Consul learns whether a registered service is well: from the service's own heartbeat, or by
 * probing it. A heartbeat passes from the registration on, a probe once it has succeeded.
 *
 * @see <a href="https://developer.hashicorp.com/consul/docs/register/health-check/vm">Consul's
 *     health checks</a>
 */
public sealed interface HealthCheck permits HealthCheck.Ttl, HealthCheck.Probe {

  /**
   * How long the check is critical before Consul removes the service. Consul looks every 30 s and
   * takes less than a minute for a minute.
   *
   * @return at least one minute
   */
  Duration deregisterAfter();

  /**
   * A heartbeat: the library tells the agent every third of {@code ttl} that the process is alive.
   *
   * @param ttl how long one heartbeat holds; at least one second
   * @return the check; removed one minute after it lapsed
   */
  static Ttl ttl(Duration ttl) {
    return new Ttl(ttl, Duration.ofMinutes(1), Ttl.ALIVE);
  }

  /**
   * A GET request of the agent's, every 10 s: 2xx passes, 429 warns, all else is critical.
   *
   * @param target a path that begins with {@code /}, to be asked at the service's own address and
   *     port, or an http or https URL
   * @return the check
   */
  static Http http(String target) {
    return new Http(target, false, false, "GET", Map.of(), Probe.EVERY_10_SECONDS);
  }

  /**
   * As {@link #http(String)}, but a path is asked for over TLS.
   *
   * @param target a path or a URL
   * @return the check
   */
  static Http https(String target) {
    return new Http(target, true, false, "GET", Map.of(), Probe.EVERY_10_SECONDS);
  }

  /**
   * A connection of the agent's to the service's own address and port, every 10 s.
   *
   * @return the check
   */
  static Tcp tcp() {
    return new Tcp(Optional.empty(), Probe.EVERY_10_SECONDS);
  }

  /**
   * A connection of the agent's to another address, every 10 s.
   *
   * @param target {@code host:port}
   * @return the check
   */
  static Tcp tcp(String target) {
    return new Tcp(Optional.of(target), Probe.EVERY_10_SECONDS);
  }

  /**
   * A call of the agent's of gRPC's health protocol at the service's own address and port, every 10
   * s.
   *
   * @return the check
   */
  static Grpc grpc() {
    return new Grpc(Optional.empty(), Optional.empty(), false, false, Probe.EVERY_10_SECONDS);
  }

  /**
   * A heartbeat check.
   *
   * @param ttl how long one heartbeat holds, 1 s to 24 h; three are sent within it
   * @param deregisterAfter how long it is critical before Consul removes the service, at least 1
   *     min
   * @param report what a heartbeat says of the service; see {@link #reporting}
   */
  record Ttl(Duration ttl, Duration deregisterAfter, Supplier<HealthReport> report)
      implements HealthCheck {
    /** That the process is alive, and no more: a heartbeat passes. */
    static final Supplier<HealthReport> ALIVE = HealthReport::passing;

    /** Checks the bounds. */
    public Ttl {
      Require.between("ttl", ttl, Duration.ofSeconds(1), Duration.ofHours(24));
      Require.deregisterAfter(deregisterAfter);
    }

    /**
     * The same check with another time until removal.
     *
     * @param after at least one minute
     * @return a new check
     */
    public Ttl deregisterAfter(Duration after) {
      return new Ttl(ttl, after, report);
    }

    /**
     * The same check, in which each heartbeat says how the service itself finds that it is.
     * Default: it passes.
     *
     * @param health asked before each heartbeat and at {@link Registration#reportHealth()}, on a
     *     thread of its own, never twice at once. If it throws, gives null or takes longer than a
     *     second, the service is reported as critical, and the output says why
     * @return a new check
     */
    public Ttl reporting(Supplier<HealthReport> health) {
      return new Ttl(ttl, deregisterAfter, health);
    }

    /**
     * Whether heartbeats say how the service finds that it is.
     *
     * @return false if they say that the process is alive
     */
    boolean isReporting() {
      return report != ALIVE;
    }

    @Override
    public String toString() {
      return "Ttl[" + ttl + ", " + deregisterAfter + (isReporting() ? ", reporting]" : "]");
    }
  }

  /** A check in which the agent looks for itself, so it must reach the service. */
  sealed interface Probe extends HealthCheck permits Http, Tcp, Grpc {
    /** Every 10 s, with every other default. */
    CheckSchedule EVERY_10_SECONDS = CheckSchedule.every(Duration.ofSeconds(10));

    /**
     * How often the agent probes, and when it believes what it sees.
     *
     * @return the schedule
     */
    CheckSchedule schedule();

    @Override
    default Duration deregisterAfter() {
      return schedule().deregisterAfter();
    }
  }

  /**
   * A check by an HTTP request.
   *
   * @param target a path at the service's own address and port, or an http or https URL
   * @param tls whether it goes over TLS; a URL's scheme decides for itself
   * @param skipVerify whether the agent takes any certificate
   * @param method the request's method
   * @param headers headers to send, sorted; kept out of {@code toString}, as they may be secret
   * @param schedule how often
   */
  record Http(
      String target,
      boolean tls,
      boolean skipVerify,
      String method,
      Map<String, String> headers,
      CheckSchedule schedule)
      implements Probe {

    /** Checks everything. */
    public Http {
      Require.checkTarget(target);
      tls = target.startsWith("/") ? tls : target.regionMatches(true, 0, "https:", 0, 6);
      Require.token("method", method);
      headers.forEach(Require::header);
      headers = Collections.unmodifiableMap(new TreeMap<>(headers));
    }

    /**
     * The same check with another schedule.
     *
     * @param other how often
     * @return a new check
     */
    public Http schedule(CheckSchedule other) {
      return new Http(target, tls, skipVerify, method, headers, other);
    }

    /**
     * The same check with another method. Default {@code GET}.
     *
     * @param other such as {@code HEAD}
     * @return a new check
     */
    public Http method(String other) {
      return new Http(target, tls, skipVerify, other, headers, schedule);
    }

    /**
     * The same check with one more header.
     *
     * @param name the header's name
     * @param value its value; anybody who may read the agent's services can read it
     * @return a new check
     */
    public Http header(String name, String value) {
      Map<String, String> more = new TreeMap<>(headers);
      more.put(name, value);
      return new Http(target, tls, skipVerify, method, more, schedule);
    }

    /**
     * The same check, in which the agent takes any certificate.
     *
     * @return a new check
     */
    public Http skippingVerification() {
      return new Http(target, tls, true, method, headers, schedule);
    }

    @Override
    public String toString() {
      return "Http[" + method + " " + target + ", " + schedule + "]";
    }
  }

  /**
   * A check by a TCP connection.
   *
   * @param target {@code host:port}; empty for the service's own address and port
   * @param schedule how often
   */
  record Tcp(Optional<String> target, CheckSchedule schedule) implements Probe {
    /** Checks the target. */
    public Tcp {
      target.ifPresent(Require::hostAndPort);
    }

    /**
     * The same check with another schedule.
     *
     * @param other how often
     * @return a new check
     */
    public Tcp schedule(CheckSchedule other) {
      return new Tcp(target, other);
    }
  }

  /**
   * A check by gRPC's health protocol.
   *
   * @param target {@code host:port}; empty for the service's own address and port
   * @param service the gRPC service that is asked about; empty for the server as a whole
   * @param tls whether it goes over TLS
   * @param skipVerify whether the agent takes any certificate
   * @param schedule how often
   */
  record Grpc(
      Optional<String> target,
      Optional<String> service,
      boolean tls,
      boolean skipVerify,
      CheckSchedule schedule)
      implements Probe {

    /** Checks the target and the name. */
    public Grpc {
      target.ifPresent(Require::hostAndPort);
      service.ifPresent(name -> Require.queryableName("gRPC service", name));
    }

    /**
     * The same check with another schedule.
     *
     * @param other how often
     * @return a new check
     */
    public Grpc schedule(CheckSchedule other) {
      return new Grpc(target, service, tls, skipVerify, other);
    }

    /**
     * The same check at another address.
     *
     * @param hostAndPort {@code host:port}
     * @return a new check
     */
    public Grpc target(String hostAndPort) {
      return new Grpc(Optional.of(hostAndPort), service, tls, skipVerify, schedule);
    }

    /**
     * The same check, asking about one service of the server's.
     *
     * @param name the gRPC service's full name
     * @return a new check
     */
    public Grpc service(String name) {
      return new Grpc(target, Optional.of(name), tls, skipVerify, schedule);
    }

    /**
     * The same check over TLS.
     *
     * @return a new check
     */
    public Grpc overTls() {
      return new Grpc(target, service, true, skipVerify, schedule);
    }

    /**
     * The same check over TLS, in which the agent takes any certificate.
     *
     * @return a new check
     */
    public Grpc skippingVerification() {
      return new Grpc(target, service, true, true, schedule);
    }
  }
}
