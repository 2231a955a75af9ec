package dev.rollcall.lb.pipeline;

import dev.rollcall.lb.catalog.Guard;
import dev.rollcall.lb.catalog.Held;
import dev.rollcall.lb.status.GuardStatus;
import dev.rollcall.lb.template.Shown;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells what the guard holds: one line in the log when it begins and one when it ends. */
final class HeldPools {
  private static final Logger log = LoggerFactory.getLogger(HeldPools.class);
  private static final int MOST_TOLD = 5;

  private final Guard guard;
  private final Time time;
  private Map<String, List<Held>> told = Map.of();

  /** What is so, in the status board's words. */
  private Map<String, GuardStatus> status = Map.of();

  HeldPools(Guard guard, Time time) {
    this.guard = guard;
    this.time = time;
  }

  /** What is held, by service. */
  Map<String, GuardStatus> status() {
    return status;
  }

  /** Looks what is held now; returns whether that changed. */
  boolean refresh() {
    Map<String, List<Held>> now = guard.held();
    if (now.equals(told)) {
      return false;
    }
    Map<String, GuardStatus> words = new TreeMap<>();
    now.forEach((service, held) -> words.put(service, words(service, held)));
    words.forEach(
        (service, held) -> {
          if (!told.containsKey(service)) {
            log.warn(
                "Service {}: {} stay in the pool for now, as they {}: {}",
                service,
                held.held().size(),
                held.reason(),
                ids(held.held()));
          }
        });
    told.keySet().stream()
        .filter(service -> !now.containsKey(service))
        .forEach(service -> log.info("Service {}: its pool is as Consul has it again", service));
    told = now;
    status = words;
    return true;
  }

  private GuardStatus words(String service, List<Held> held) {
    Duration now = time.elapsed();
    Instant wall = time.now();
    Duration since = held.stream().map(Held::since).min(Duration::compareTo).orElse(now);
    Duration last = held.stream().map(Held::since).max(Duration::compareTo).orElse(now);
    Duration end = last.plus(guard.grace(service));
    return new GuardStatus(
        held.stream().map(one -> one.instance().id()).toList(),
        held.stream()
            .map(one -> one.cause().words())
            .distinct()
            .sorted()
            .collect(Collectors.joining(" or ")),
        wall.minus(now.minus(since)),
        end.compareTo(now) > 0 ? wall.plus(end.minus(now)) : null);
  }

  private static String ids(List<String> held) {
    String first = held.stream().limit(MOST_TOLD).map(Shown::of).collect(Collectors.joining(", "));
    return held.size() > MOST_TOLD ? first + ", …" : first;
  }
}
