package dev.rollcall.lb.apply;

import dev.rollcall.lb.runtime.ServerName;
import dev.rollcall.lb.runtime.ServerOrder;
import dev.rollcall.lb.runtime.ServerStep;
import dev.rollcall.lb.runtime.ServerStep.ChangeWeight;
import dev.rollcall.lb.runtime.ServerStep.RemoveServer;
import dev.rollcall.lb.runtime.ServerStep.SetState;
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
 * {@link #standing} by any.
 */
final class OrderBook {

  private static final Logger log = LoggerFactory.getLogger(OrderBook.class);

  private record Entry(ServerOrder order, long since) {}

  private final LongSupplier nanos;
  private volatile Map<ServerName, Entry> entries = Map.of();

  /** When the book was written last; null before the first time. */
  private @Nullable Long noted;

  OrderBook(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Takes note of all that stand now. */
  void note(Collection<ServerOrder> seen) {
    Map<ServerName, Entry> before = entries;
    Map<ServerName, Entry> now = new LinkedHashMap<>();
    long time = nanos.getAsLong();
    // HAProxy tells since when a server is up or down, which a drain does not change.
    long longest = noted == null ? Long.MAX_VALUE : time - noted;
    noted = time;
    for (ServerOrder order : seen) {
      Entry known = before.get(order.name());
      if (known != null && known.order().sameAs(order)) {
        now.put(order.name(), known);
      } else {
        log.info(
            "{} was set to {} by hand at HAProxy's socket: left alone until that is undone there",
            order.name(),
            order.inWords());
        now.put(order.name(), new Entry(order, time - Math.min(order.age().toNanos(), longest)));
      }
    }
    before.forEach(
        (name, entry) -> {
          if (!now.containsKey(name)) {
            log.info("{} is no longer set to {} by hand", name, entry.order().inWords());
          }
        });
    entries = Map.copyOf(now);
  }

  /** All that stand. */
  List<ServerOrder> orders() {
    return entries.values().stream().map(Entry::order).toList();
  }

  @Nullable ServerOrder of(ServerName name) {
    Entry entry = entries.get(name);
    return entry == null ? null : entry.order();
  }

  /** The same steps without what would overrule an order. */
  List<ServerStep> obeying(List<ServerStep> steps) {
    List<ServerStep> allowed = new ArrayList<>();
    for (ServerStep step : steps) {
      ServerOrder order = of(step.name());
      if (order == null) {
        allowed.add(step);
      } else if (step instanceof RemoveServer remove) {
        boolean out = order.state() == ServerStep.State.MAINT;
        allowed.add(new RemoveServer(remove.name(), remove.was(), out));
      } else if ((step instanceof ChangeWeight && order.weight() != null)
          || (step instanceof SetState && order.state() != null)) {
        log.info("{} stays at {}, as set by hand", step.name(), order.inWords());
      } else {
        allowed.add(step);
      }
    }
    return allowed;
  }

  /** For whoever looks, by name. Safe from any thread. */
  List<StandingOrder> standing() {
    long now = nanos.getAsLong();
    return entries.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(
            entry ->
                new StandingOrder(
                    entry.getKey().toString(),
                    entry.getValue().order().inWords(),
                    Duration.ofNanos(now - entry.getValue().since())))
        .toList();
  }
}
