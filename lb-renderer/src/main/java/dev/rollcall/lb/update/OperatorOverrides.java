package dev.rollcall.lb.update;

import dev.rollcall.lb.config.ServerName;
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
 * The orders of operators that were seen in HAProxy: since when, and what they keep a change from
 * doing. Each is told once when it comes and once when it goes. Used by one thread at a time, but
 * {@link #status} by any.
 */
final class OperatorOverrides {

  private static final Logger log = LoggerFactory.getLogger(OperatorOverrides.class);

  private record Entry(OperatorOverride override, long since) {}

  private final LongSupplier nanos;
  private volatile Map<ServerName, Entry> entries = Map.of();

  /** When the book was written last; null before the first time. */
  private @Nullable Long lastUpdate;

  OperatorOverrides(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Takes note of all that stand now. */
  void update(Collection<OperatorOverride> seen) {
    Map<ServerName, Entry> before = entries;
    Map<ServerName, Entry> now = new LinkedHashMap<>();
    long time = nanos.getAsLong();
    // HAProxy tells since when a server is up or down, which a drain does not change.
    long longest = lastUpdate == null ? Long.MAX_VALUE : time - lastUpdate;
    lastUpdate = time;
    for (OperatorOverride order : seen) {
      Entry known = before.get(order.name());
      if (known != null && known.override().changes().equals(order.changes())) {
        now.put(order.name(), known);
      } else {
        log.info(
            "{} was set to {} by hand at HAProxy's socket: left alone until that is undone there",
            order.name(),
            order.description());
        now.put(order.name(), new Entry(order, time - Math.min(order.age().toNanos(), longest)));
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

  /** All that stand. */
  List<OperatorOverride> current() {
    return entries.values().stream().map(Entry::override).toList();
  }

  @Nullable OperatorOverride find(ServerName name) {
    Entry entry = entries.get(name);
    return entry == null ? null : entry.override();
  }

  /** The same steps without what would overrule an order. */
  List<ServerChange> withoutOverridden(List<ServerChange> steps) {
    List<ServerChange> allowed = new ArrayList<>();
    for (ServerChange step : steps) {
      OperatorOverride order = find(step.name());
      if (order == null) {
        allowed.add(step);
      } else if (step instanceof RemoveServer remove) {
        boolean out = order.state() == ServerChange.State.MAINT;
        allowed.add(new RemoveServer(remove.name(), remove.definition(), out));
      } else if ((step instanceof ChangeWeight && order.weight() != null)
          || (step instanceof SetState && order.state() != null)) {
        log.info("{} stays at {}, as set by hand", step.name(), order.description());
      } else {
        allowed.add(step);
      }
    }
    return allowed;
  }

  /** For whoever looks, by name. Safe from any thread. */
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
