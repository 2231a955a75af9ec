package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceInstance;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One service that the registry holds.
 *
 * @param instance the instance as if it passed
 * @param warningWeight its weight while it warns
 * @param checks how its health is learnt; none if it has the same until somebody changes it
 * @param health what its checks say
 * @param maintained whether it is in maintenance
 * @param claim whose registration it is; empty if none of the library's
 */
record CatalogEntry(
    ServiceInstance instance,
    int warningWeight,
    List<HealthCheck> checks,
    Health health,
    boolean maintained,
    Optional<Claim> claim) {

  /**
   * Whose registration it is.
   *
   * @param owner tells one registration from another
   * @param leaving whether the owner is about to remove it
   */
  record Claim(String owner, boolean leaving) {}

  /**
   * What the checks of a service say.
   *
   * @param heartbeat the heartbeat; passing if there is none
   * @param heartbeats how often it came
   * @param probed the worst of the other checks; passing if there are none
   * @param probes how often that was set
   */
  record Health(HealthStatus heartbeat, long heartbeats, HealthStatus probed, long probes) {
    HealthStatus worst() {
      return heartbeat.compareTo(probed) > 0 ? heartbeat : probed;
    }

    Health heartbeat(HealthStatus status, long times) {
      return new Health(status, times, probed, probes);
    }

    Health probed(HealthStatus status) {
      return new Health(heartbeat, heartbeats, status, probes + 1);
    }
  }

  /** A service as its process registers it: it does not pass until its checks say so. */
  static CatalogEntry of(ServiceDefinition definition, String node, String datacenter) {
    ServiceInstance instance =
        ServiceInstance.builder(
                definition.name(), definition.address().orElse("127.0.0.1"), definition.port())
            .id(definition.id())
            .node(node)
            .tags(definition.tags())
            .meta(definition.meta())
            .weight(definition.weight())
            .datacenter(datacenter)
            .build();
    boolean heartbeats = definition.heartbeat().isPresent();
    boolean probes = definition.checks().stream().anyMatch(HealthCheck.Probe.class::isInstance);
    return new CatalogEntry(
        instance,
        definition.warningWeight(),
        definition.checks(),
        new Health(
            heartbeats ? HealthStatus.CRITICAL : HealthStatus.PASSING,
            0,
            probes ? HealthStatus.UNCHECKED : HealthStatus.PASSING,
            0),
        false,
        Optional.empty());
  }

  /** A service without a check. */
  static CatalogEntry of(ServiceInstance instance) {
    Health health = new Health(HealthStatus.PASSING, 0, instance.status(), 0);
    return new CatalogEntry(
        instance, instance.weight(), List.of(), health, false, Optional.empty());
  }

  Optional<HealthCheck.Ttl> heartbeat() {
    return checks.stream()
        .filter(HealthCheck.Ttl.class::isInstance)
        .map(HealthCheck.Ttl.class::cast)
        .findFirst();
  }

  /** Time until the first of its probes. */
  Optional<Duration> firstProbe() {
    return checks.stream()
        .filter(HealthCheck.Probe.class::isInstance)
        .map(check -> ((HealthCheck.Probe) check).schedule().interval())
        .max(Duration::compareTo);
  }

  /** How long it may be critical before it is removed; empty for ever. */
  Optional<Duration> patience() {
    return checks.stream().map(HealthCheck::deregisterAfter).min(Duration::compareTo);
  }

  CatalogEntry health(Health other) {
    return new CatalogEntry(instance, warningWeight, checks, other, maintained, claim);
  }

  CatalogEntry maintained(boolean on) {
    return new CatalogEntry(instance, warningWeight, checks, health, on, claim);
  }

  CatalogEntry claimed(String owner, boolean leaving) {
    Claim by = new Claim(owner, leaving);
    return new CatalogEntry(instance, warningWeight, checks, health, maintained, Optional.of(by));
  }

  /** The instance as a watcher sees it. */
  ServiceInstance seen() {
    HealthStatus status = maintained ? HealthStatus.MAINTENANCE : health.worst();
    return instance.toBuilder()
        .weight(status == HealthStatus.WARNING ? warningWeight : instance.weight())
        .status(status)
        .build();
  }
}
