package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What the registry holds, and its indexes. Every call is one step of the time. Thread-safe. */
final class InMemoryCatalog {

  private final ManualClock time;
  private final Map<String, CatalogEntry> byId = new TreeMap<>();
  private final Map<String, Long> indexes = new HashMap<>();

  /**
   * By id of a service whose heartbeats report that it is critical: which was the first of them.
   */
  private final Map<String, Long> firstCritical = new HashMap<>();

  private long index = 1;
  private long losses;
  private @Nullable ConsulFailure failure;

  InMemoryCatalog(ManualClock time) {
    this.time = time;
  }

  void put(CatalogEntry entry) {
    time.run(
        () -> {
          String id = entry.instance().id();
          CatalogEntry before = byId.put(id, entry);
          if (before != null) {
            changed(before);
          }
          changed(entry);
        });
  }

  /**
   * Registers as an agent does: checks that are held already keep their health, and maintenance
   * ends.
   */
  void register(CatalogEntry entry) {
    time.run(
        () -> {
          CatalogEntry before = byId.get(entry.instance().id());
          if (before != null && before.checks().equals(entry.checks())) {
            put(entry.health(before.health()));
          } else {
            put(entry);
            entry.firstProbe().ifPresent(first -> time.after(first, () -> probe(entry)));
          }
        });
  }

  /** The first probes find what they look for, unless somebody said otherwise before. */
  private void probe(CatalogEntry registered) {
    time.run(
        () -> {
          String id = registered.instance().id();
          if (probesAre(id, registered.health().probes())) {
            change(id, held -> held.health(held.health().probed(HealthStatus.PASSING)));
          }
        });
  }

  /** Changes what a service says of itself; false if none is held under the id. */
  boolean update(CatalogEntry other) {
    return change(
        other.instance().id(), held -> other.health(held.health()).maintained(held.maintained()));
  }

  /** Takes a service out; false if none is held under the id. */
  boolean remove(String id) {
    return time.with(
        () -> {
          CatalogEntry held = byId.remove(id);
          firstCritical.remove(id);
          if (held != null) {
            changed(held);
          }
          return held != null;
        });
  }

  /** Changes a service; false if none is held under the id. */
  boolean change(String id, UnaryOperator<CatalogEntry> change) {
    return time.with(
        () -> {
          CatalogEntry held = byId.get(id);
          if (held == null) {
            return false;
          }
          CatalogEntry now = change.apply(held);
          byId.put(id, now);
          if (!now.seen().equals(held.seen())) {
            changed(held);
          }
          return true;
        });
  }

  /**
   * A heartbeat and what it reports, which holds for the check's time to live; false if there is no
   * such check.
   */
  boolean heartbeat(String id, HealthStatus status) {
    return time.with(
        () -> {
          CatalogEntry held = byId.get(id);
          HealthCheck.Ttl check = held == null ? null : held.heartbeat().orElse(null);
          if (held == null || check == null) {
            return false;
          }
          long heartbeats = held.health().heartbeats() + 1;
          change(id, now -> now.health(now.health().heartbeat(status, heartbeats)));
          time.after(check.ttl(), () -> lapse(id, heartbeats));
          if (status != HealthStatus.CRITICAL) {
            firstCritical.remove(id);
          } else if (firstCritical.putIfAbsent(id, heartbeats) == null) {
            removeLater(id, () -> firstCritical.getOrDefault(id, -1L) == heartbeats);
          }
          return true;
        });
  }

  private void lapse(String id, long heartbeats) {
    time.run(
        () -> {
          if (heartbeatsAre(id, heartbeats)) {
            change(
                id,
                held -> held.health(held.health().heartbeat(HealthStatus.CRITICAL, heartbeats)));
            removeLater(id, () -> heartbeatsAre(id, heartbeats));
          }
        });
  }

  /** Sets what the checks of a service say; false if none is held under the id. */
  boolean setStatus(String id, HealthStatus status) {
    return time.with(
        () -> {
          CatalogEntry held = byId.get(id);
          if (held == null) {
            return false;
          }
          if (held.heartbeat().isPresent() && held.firstProbe().isEmpty()) {
            CatalogEntry.Health health = held.health();
            return change(id, now -> now.health(health.heartbeat(status, health.heartbeats())));
          }
          CatalogEntry.Health probed = held.health().probed(status);
          change(id, now -> now.health(probed));
          if (status == HealthStatus.CRITICAL) {
            removeLater(id, () -> probesAre(id, probed.probes()));
          }
          return true;
        });
  }

  private void removeLater(String id, BooleanSupplier unchanged) {
    CatalogEntry held = byId.get(id);
    if (held != null) {
      held.patience()
          .ifPresent(
              patience ->
                  time.after(
                      patience,
                      () ->
                          time.run(
                              () -> {
                                if (unchanged.getAsBoolean()) {
                                  remove(id);
                                }
                              })));
    }
  }

  private boolean heartbeatsAre(String id, long heartbeats) {
    CatalogEntry held = byId.get(id);
    return held != null && held.health().heartbeats() == heartbeats;
  }

  private boolean probesAre(String id, long probes) {
    CatalogEntry held = byId.get(id);
    return held != null && held.health().probes() == probes;
  }

  /** What is held under an id; empty if nothing is. */
  Optional<CatalogEntry> entry(String id) {
    return time.read(() -> Optional.ofNullable(byId.get(id)));
  }

  /** Loses everything, the indexes too; whoever waits for an answer loses the connection. */
  void lose() {
    time.run(
        () -> {
          byId.clear();
          firstCritical.clear();
          indexes.clear();
          index = 1;
          losses++;
        });
  }

  /** How often everything was lost. */
  long losses() {
    return time.read(() -> losses);
  }

  void fail(@Nullable ConsulFailure with) {
    time.run(() -> failure = with);
  }

  /** Why calls fail, if they do. */
  Optional<ConsulFailure> failure() {
    return time.read(() -> Optional.ofNullable(failure));
  }

  long index(String service) {
    return time.read(() -> indexes.getOrDefault(key(service), 1L));
  }

  /** The index of everything. */
  long index() {
    return time.read(() -> index);
  }

  /** The services' names, with all their instances' tags. */
  SortedMap<String, List<String>> services() {
    return time.read(
        () -> {
          SortedMap<String, List<String>> services = new TreeMap<>();
          for (CatalogEntry entry : byId.values()) {
            services
                .computeIfAbsent(entry.instance().service(), name -> new ArrayList<>())
                .addAll(entry.instance().tags());
          }
          return services;
        });
  }

  /** All instances of a service, in order of id. */
  List<ServiceInstance> instances(String service) {
    return time.read(
        () ->
            byId.values().stream()
                .map(CatalogEntry::seen)
                .filter(instance -> instance.service().equalsIgnoreCase(service))
                .toList());
  }

  private void changed(CatalogEntry entry) {
    indexes.put(key(entry.instance().service()), ++index);
  }

  /** Consul takes names that differ in case only for one. */
  private static String key(String service) {
    return service.toLowerCase(Locale.ROOT);
  }
}
