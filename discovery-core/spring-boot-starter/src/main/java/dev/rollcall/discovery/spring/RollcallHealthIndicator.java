package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryHealth;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * {@code UP} while the application is registered as passing and all that is watched is up to date,
 * else {@code UNKNOWN}: never {@code DOWN}, because an application whose Consul is away goes on
 * serving, and must not be taken out of service for that.
 */
final class RollcallHealthIndicator implements HealthIndicator {

  private final Discovery discovery;

  RollcallHealthIndicator(Discovery discovery) {
    this.discovery = discovery;
  }

  @Override
  public Health health() {
    DiscoveryHealth now = discovery.health();
    Map<String, String> registrations = new LinkedHashMap<>();
    now.registrations().forEach(each -> registrations.put(each.id(), each.state().name()));
    Map<String, String> watches = new LinkedHashMap<>();
    now.watches()
        .forEach(
            each ->
                watches.put(
                    each.name(),
                    "confirmed "
                        + each.age().toSeconds()
                        + " s ago"
                        + (each.stale() ? ", may be out of date" : "")));
    Health.Builder health = now.isPassing() && now.isFresh() ? Health.up() : Health.unknown();
    return health.withDetail("registrations", registrations).withDetail("watches", watches).build();
  }
}
