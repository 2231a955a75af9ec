package dev.rollcall.discovery.micrometer;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryHealth;
import dev.rollcall.discovery.DiscoveryHealth.WatchHealth;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceQuery;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Counts what the library does, and with {@link #of} shows how it is doing.
 *
 * <table>
 * <caption>Counted by the listener</caption>
 * <tr><th>meter</th><th>sort</th><th>tags</th><th>what</th></tr>
 * <tr><td>{@code rollcall.registration.beats}</td><td>timer</td><td>{@code id}</td>
 *   <td>heartbeats that got through, and how long each call took</td></tr>
 * <tr><td>{@code rollcall.registration.failures}</td><td>counter</td><td>{@code id, kind}</td>
 *   <td>heartbeats, registrations and removals that did not</td></tr>
 * <tr><td>{@code rollcall.registration.changes}</td><td>counter</td><td>{@code id, to}</td>
 *   <td>changes of state</td></tr>
 * <tr><td>{@code rollcall.watch.answers}</td><td>counter</td><td>{@code service, changed}</td>
 *   <td>answers to watched queries</td></tr>
 * <tr><td>{@code rollcall.watch.failures}</td><td>counter</td><td>{@code service, kind}</td>
 *   <td>tries that brought no usable answer</td></tr>
 * <tr><td>{@code rollcall.watch.left.out}</td><td>counter</td><td>{@code service}</td>
 *   <td>instances that could not be used</td></tr>
 * </table>
 *
 * <table>
 * <caption>Read from a connection's health</caption>
 * <tr><th>meter</th><th>sort</th><th>tags</th><th>what</th></tr>
 * <tr><td>{@code rollcall.registrations}</td><td>gauge</td><td>{@code state}</td>
 *   <td>how many are joining, passing, draining</td></tr>
 * <tr><td>{@code rollcall.watches}</td><td>gauge</td><td>{@code stale}</td>
 *   <td>how many things are watched, stale ones and others</td></tr>
 * <tr><td>{@code rollcall.watch.age}</td><td>gauge, seconds</td><td></td>
 *   <td>how long ago Consul confirmed what it has not confirmed for longest; 0 if nothing is
 *   watched</td></tr>
 * </table>
 *
 * <p>The tag {@code service} is a query's {@linkplain ServiceQuery#label() label}, and {@code *}
 * for a watch of the services' names; {@code kind}, {@code to} and {@code state} are in lower case.
 * There is one set of meters for each service that is registered or watched; nothing that comes
 * from Consul becomes a tag.
 *
 * <p>This type is thread-safe.
 */
public final class DiscoveryMetrics implements DiscoveryListener {

  private static final String ALL_SERVICES = "*";

  private final MeterRegistry meters;

  /**
   * A listener to be given to {@link dev.rollcall.discovery.ConsulOptions.Builder#listener}.
   *
   * @param meters where to count
   */
  public DiscoveryMetrics(MeterRegistry meters) {
    this.meters = meters;
  }

  /**
   * Gauges of a connection's {@link Discovery#health()}.
   *
   * @param discovery an open connection, which the meter registry refers to weakly
   * @return to be bound to a meter registry
   */
  public static MeterBinder of(Discovery discovery) {
    return meters -> bind(meters, discovery);
  }

  private static void bind(MeterRegistry meters, Discovery discovery) {
    for (RegistrationState state : RegistrationState.values()) {
      if (state != RegistrationState.LEFT) {
        Gauge.builder("rollcall.registrations", discovery, from -> count(from.health(), state))
            .tag("state", lower(state))
            .description("Registrations by state")
            .register(meters);
      }
    }
    for (boolean stale : new boolean[] {true, false}) {
      Gauge.builder("rollcall.watches", discovery, from -> count(from.health(), stale))
          .tag("stale", Boolean.toString(stale))
          .description("What is being watched, up to date or not")
          .register(meters);
    }
    TimeGauge.builder(
            "rollcall.watch.age", discovery, TimeUnit.NANOSECONDS, from -> oldest(from.health()))
        .description("How long ago Consul confirmed what it has not confirmed for longest")
        .register(meters);
  }

  private static double count(DiscoveryHealth health, RegistrationState state) {
    return health.registrations().stream().filter(known -> known.state() == state).count();
  }

  private static double count(DiscoveryHealth health, boolean stale) {
    return health.watches().stream().filter(known -> known.stale() == stale).count();
  }

  private static double oldest(DiscoveryHealth health) {
    return health.watches().stream()
        .map(WatchHealth::age)
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO)
        .toNanos();
  }

  @Override
  public void registrationChanged(String id, RegistrationState from, RegistrationState to) {
    count(
        "rollcall.registration.changes",
        "Changes of a registration's state",
        "id",
        id,
        "to",
        lower(to));
  }

  @Override
  public void heartbeatConfirmed(String id, Duration took) {
    Timer.builder("rollcall.registration.beats")
        .description("Heartbeats that Consul confirmed, and how long that took")
        .tag("id", id)
        .register(meters)
        .record(took);
  }

  @Override
  public void registrationFailed(String id, ConsulFailure failure) {
    count(
        "rollcall.registration.failures",
        "Calls for a registration that failed",
        "id",
        id,
        "kind",
        lower(failure.kind()));
  }

  @Override
  public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
    answered(query.label(), changed);
  }

  @Override
  public void watchAnswered(CatalogQuery query, boolean changed, Duration took) {
    answered(ALL_SERVICES, changed);
  }

  @Override
  public void watchFailed(ServiceQuery query, ConsulFailure failure) {
    failed(query.label(), failure);
  }

  @Override
  public void watchFailed(CatalogQuery query, ConsulFailure failure) {
    failed(ALL_SERVICES, failure);
  }

  @Override
  public void instanceLeftOut(ServiceQuery query, String reason) {
    count(
        "rollcall.watch.left.out",
        "Instances in Consul's answers that could not be read",
        "service",
        query.label());
  }

  private void answered(String service, boolean changed) {
    count(
        "rollcall.watch.answers",
        "Consul's answers to watched queries",
        "service",
        service,
        "changed",
        Boolean.toString(changed));
  }

  private void failed(String service, ConsulFailure failure) {
    count(
        "rollcall.watch.failures",
        "Watched queries without a usable answer",
        "service",
        service,
        "kind",
        lower(failure.kind()));
  }

  private void count(String name, String description, String... tags) {
    Counter.builder(name).description(description).tags(tags).register(meters).increment();
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
