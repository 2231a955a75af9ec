package dev.rollcall.lb.update;

import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.HaproxyChange;
import dev.rollcall.lb.haproxy.ServerChange;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.haproxy.ServerChange.SetState;
import dev.rollcall.lb.update.OperatorOverride.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The overrides that were seen in HAProxy, and since when. Each is logged when it appears and when
 * it is gone. Used by one thread at a time, but {@link #status} by any.
 */
final class OperatorOverrides {

  private static final Logger log = LoggerFactory.getLogger(OperatorOverrides.class);

  private record Entry(OperatorOverride override, long since) {}

  private final LongSupplier nanos;
  private volatile Map<ServerName, Entry> entries = Map.of();

  /** Null before the first time. */
  private @Nullable Long lastUpdate;

  OperatorOverrides(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Replaces all by those that were seen now. */
  void update(Collection<OperatorOverride> seen) {
    Map<ServerName, Entry> before = entries;
    Map<ServerName, Entry> now = new LinkedHashMap<>();
    long time = nanos.getAsLong();
    // HAProxy reports since when a server is up or down, which a drain does not change.
    long longest = lastUpdate == null ? Long.MAX_VALUE : time - lastUpdate;
    lastUpdate = time;
    for (OperatorOverride override : seen) {
      Entry known = before.get(override.name());
      if (known != null && known.override().changes().equals(override.changes())) {
        now.put(override.name(), known);
      } else {
        log.info(
            "{} was set to {} by hand at HAProxy's socket: left alone until that is undone there",
            override.name(),
            override.description());
        now.put(
            override.name(),
            new Entry(override, time - Math.min(override.age().toNanos(), longest)));
      }
    }
    before.forEach(
        (name, entry) -> {
          if (!now.containsKey(name)) {
            log.info("{} is no longer set to {} by hand", name, entry.override().description());
          }
        });
    entries = Map.copyOf(now);
  }

  List<OperatorOverride> current() {
    return entries.values().stream().map(Entry::override).toList();
  }

  @Nullable OperatorOverride find(ServerName name) {
    Entry entry = entries.get(name);
    return entry == null ? null : entry.override();
  }

  /** The changes without those that an override forbids. */
  List<HaproxyChange> withoutOverridden(List<? extends HaproxyChange> changes) {
    List<HaproxyChange> allowed = new ArrayList<>();
    for (HaproxyChange change : changes) {
      OperatorOverride override =
          change instanceof ServerChange server ? find(server.name()) : null;
      if (override == null) {
        allowed.add(change);
      } else if (change instanceof RemoveServer remove) {
        boolean out = override.state() == ServerChange.State.MAINT;
        allowed.add(new RemoveServer(remove.name(), remove.definition(), out));
      } else if ((change instanceof ChangeWeight && override.weight() != null)
          || (change instanceof SetState && override.state() != null)) {
        log.info("{} stays at {}, as set by hand", change.subject(), override.description());
      } else {
        allowed.add(change);
      }
    }
    return allowed;
  }

  /** For the status, by name. Safe from any thread. */
  List<Status> status() {
    long now = nanos.getAsLong();
    return entries.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(
            entry ->
                new Status(
                    entry.getKey().toString(),
                    entry.getValue().override().description(),
                    Duration.ofNanos(now - entry.getValue().since())))
        .toList();
  }
}
