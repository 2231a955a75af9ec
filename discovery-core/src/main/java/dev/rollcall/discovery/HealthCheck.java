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
    return new Ttl(new Ttl.TtlValues(ttl, Duration.ofMinutes(1), Ttl.ALIVE));
  }

  /**
   * A GET request of the agent's, every 10 s: 2xx passes, 429 warns, all else is critical.
   *
   * @param target a path that begins with {@code /}, to be asked at the service's own address and
   *     port, or an http or https URL
   * @return the check
   */
  static Http http(String target) {
    return new Http(
        new Http.HttpValues(target, false, false, "GET", Map.of(), Probe.EVERY_10_SECONDS));
  }

  /**
   * As {@link #http(String)}, but a path is asked for over TLS.
   *
   * @param target a path or a URL
   * @return the check
   */
  static Http https(String target) {
    return new Http(
        new Http.HttpValues(target, true, false, "GET", Map.of(), Probe.EVERY_10_SECONDS));
  }

  /**
   * A connection of the agent's to the service's own address and port, every 10 s.
   *
   * @return the check
   */
  static Tcp tcp() {
    return new Tcp(new Tcp.TcpValues(Optional.empty(), Probe.EVERY_10_SECONDS));
  }

  /**
   * A connection of the agent's to another address, every 10 s.
   *
   * @param target {@code host:port}
   * @return the check
   */
  static Tcp tcp(String target) {
    return new Tcp(new Tcp.TcpValues(Optional.of(target), Probe.EVERY_10_SECONDS));
  }

  /**
   * A call of the agent's of gRPC's health protocol at the service's own address and port, every 10
   * s.
   *
   * @return the check
   */
  static Grpc grpc() {
    return new Grpc(
        new Grpc.GrpcValues(
            Optional.empty(), Optional.empty(), false, false, Probe.EVERY_10_SECONDS));
  }

  /** A heartbeat check. */
  final class Ttl implements HealthCheck {

    private record TtlValues(
        Duration ttl, Duration deregisterAfter, Supplier<HealthReport> report) {

      TtlValues {
        Require.between("ttl", ttl, Duration.ofSeconds(1), Duration.ofHours(24));
        Require.deregisterAfter(deregisterAfter);
      }
    }

    private final TtlValues values;

    private Ttl(TtlValues values) {
      this.values = values;
    }

    /** {@return how long one heartbeat holds, 1 s to 24 h; three are sent within it} */
    public Duration ttl() {
      return values.ttl;
    }

    @Override
    public Duration deregisterAfter() {
      return values.deregisterAfter;
    }

    /** {@return what a heartbeat says of the service; see {@link #reporting}} */
    public Supplier<HealthReport> report() {
      return values.report;
    }

    /** That the process is alive, and no more: a heartbeat passes. */
    static final Supplier<HealthReport> ALIVE = HealthReport::passing;

    /**
     * The same check with another time until removal.
     *
     * @param after at least one minute
     * @return a new check
     */
    public Ttl deregisterAfter(Duration after) {
      return new Ttl(new TtlValues(values.ttl, after, values.report));
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
      return new Ttl(new TtlValues(values.ttl, values.deregisterAfter, health));
    }

    /**
     * Whether heartbeats say how the service finds that it is.
     *
     * @return false if they say that the process is alive
     */
    boolean isReporting() {
      return values.report != ALIVE;
    }

    @Override
    public String toString() {
      return "Ttl["
          + values.ttl
          + ", "
          + values.deregisterAfter
          + (isReporting() ? ", reporting]" : "]");
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Ttl that && values.equals(that.values);
    }

    @Override
    public int hashCode() {
      return values.hashCode();
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

  /** A check by an HTTP request. */
  final class Http implements Probe {

    private record HttpValues(
        String target,
        boolean tls,
        boolean skipVerify,
        String method,
        Map<String, String> headers,
        CheckSchedule schedule) {

      HttpValues {
        Require.checkTarget(target);
        tls = target.startsWith("/") ? tls : target.regionMatches(true, 0, "https:", 0, 6);
        Require.token("method", method);
        headers.forEach(Require::header);
        headers = Collections.unmodifiableMap(new TreeMap<>(headers));
      }
    }

    private final HttpValues values;

    private Http(HttpValues values) {
      this.values = values;
    }

    /** {@return a path at the service's own address and port, or an http or https URL} */
    public String target() {
      return values.target;
    }

    /** {@return whether it goes over TLS; a URL's scheme decides for itself} */
    public boolean tls() {
      return values.tls;
    }

    /** {@return whether the agent takes any certificate} */
    public boolean skipVerify() {
      return values.skipVerify;
    }

    /** {@return the request's method} */
    public String method() {
      return values.method;
    }

    /** {@return headers to send, sorted; kept out of {@code toString}, as they may be secret} */
    public Map<String, String> headers() {
      return values.headers;
    }

    @Override
    public CheckSchedule schedule() {
      return values.schedule;
    }

    /**
     * The same check with another schedule.
     *
     * @param other how often
     * @return a new check
     */
    public Http schedule(CheckSchedule other) {
      return new Http(
          new HttpValues(
              values.target, values.tls, values.skipVerify, values.method, values.headers, other));
    }

    /**
     * The same check with another method. Default {@code GET}.
     *
     * @param other such as {@code HEAD}
     * @return a new check
     */
    public Http method(String other) {
      return new Http(
          new HttpValues(
              values.target,
              values.tls,
              values.skipVerify,
              other,
              values.headers,
              values.schedule));
    }

    /**
     * The same check with one more header.
     *
     * @param name the header's name
     * @param value its value; anybody who may read the agent's services can read it
     * @return a new check
     */
    public Http header(String name, String value) {
      Map<String, String> more = new TreeMap<>(values.headers);
      more.put(name, value);
      return new Http(
          new HttpValues(
              values.target, values.tls, values.skipVerify, values.method, more, values.schedule));
    }

    /**
     * The same check, in which the agent takes any certificate.
     *
     * @return a new check
     */
    public Http skippingVerification() {
      return new Http(
          new HttpValues(
              values.target, values.tls, true, values.method, values.headers, values.schedule));
    }

    @Override
    public String toString() {
      return "Http[" + values.method + " " + values.target + ", " + values.schedule + "]";
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Http that && values.equals(that.values);
    }

    @Override
    public int hashCode() {
      return values.hashCode();
    }
  }

  /** A check by a TCP connection. */
  final class Tcp implements Probe {

    private record TcpValues(Optional<String> target, CheckSchedule schedule) {

      TcpValues {
        target.ifPresent(Require::hostAndPort);
      }
    }

    private final TcpValues values;

    private Tcp(TcpValues values) {
      this.values = values;
    }

    /** {@return {@code host:port}; empty for the service's own address and port} */
    public Optional<String> target() {
      return values.target;
    }

    @Override
    public CheckSchedule schedule() {
      return values.schedule;
    }

    /**
     * The same check with another schedule.
     *
     * @param other how often
     * @return a new check
     */
    public Tcp schedule(CheckSchedule other) {
      return new Tcp(new TcpValues(values.target, other));
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Tcp that && values.equals(that.values);
    }

    @Override
    public int hashCode() {
      return values.hashCode();
    }

    @Override
    public String toString() {
      return values.toString().replaceFirst("TcpValues", "Tcp");
    }
  }

  /** A check by gRPC's health protocol. */
  final class Grpc implements Probe {

    private record GrpcValues(
        Optional<String> target,
        Optional<String> service,
        boolean tls,
        boolean skipVerify,
        CheckSchedule schedule) {

      GrpcValues {
        target.ifPresent(Require::hostAndPort);
        service.ifPresent(name -> Require.queryableName("gRPC service", name));
      }
    }

    private final GrpcValues values;

    private Grpc(GrpcValues values) {
      this.values = values;
    }

    /** {@return {@code host:port}; empty for the service's own address and port} */
    public Optional<String> target() {
      return values.target;
    }

    /** {@return the gRPC service that is asked about; empty for the server as a whole} */
    public Optional<String> service() {
      return values.service;
    }

    /** {@return whether it goes over TLS} */
    public boolean tls() {
      return values.tls;
    }

    /** {@return whether the agent takes any certificate} */
    public boolean skipVerify() {
      return values.skipVerify;
    }

    @Override
    public CheckSchedule schedule() {
      return values.schedule;
    }

    /**
     * The same check with another schedule.
     *
     * @param other how often
     * @return a new check
     */
    public Grpc schedule(CheckSchedule other) {
      return new Grpc(
          new GrpcValues(values.target, values.service, values.tls, values.skipVerify, other));
    }

    /**
     * The same check at another address.
     *
     * @param hostAndPort {@code host:port}
     * @return a new check
     */
    public Grpc target(String hostAndPort) {
      return new Grpc(
          new GrpcValues(
              Optional.of(hostAndPort),
              values.service,
              values.tls,
              values.skipVerify,
              values.schedule));
    }

    /**
     * The same check, asking about one service of the server's.
     *
     * @param name the gRPC service's full name
     * @return a new check
     */
    public Grpc service(String name) {
      return new Grpc(
          new GrpcValues(
              values.target, Optional.of(name), values.tls, values.skipVerify, values.schedule));
    }

    /**
     * The same check over TLS.
     *
     * @return a new check
     */
    public Grpc overTls() {
      return new Grpc(
          new GrpcValues(values.target, values.service, true, values.skipVerify, values.schedule));
    }

    /**
     * The same check over TLS, in which the agent takes any certificate.
     *
     * @return a new check
     */
    public Grpc skippingVerification() {
      return new Grpc(new GrpcValues(values.target, values.service, true, true, values.schedule));
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Grpc that && values.equals(that.values);
    }

    @Override
    public int hashCode() {
      return values.hashCode();
    }

    @Override
    public String toString() {
      return values.toString().replaceFirst("GrpcValues", "Grpc");
    }
  }
}
