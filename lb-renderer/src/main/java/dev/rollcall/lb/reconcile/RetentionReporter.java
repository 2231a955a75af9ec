package dev.rollcall.lb.reconcile;

import dev.rollcall.lb.consul.RetainedInstance;
import dev.rollcall.lb.consul.SelfPreservation;
import dev.rollcall.lb.status.RetentionStatus;
import dev.rollcall.lb.template.PrintableText;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells what the guard holds: one line in the log when it begins and one when it ends. */
final class RetentionReporter {
  private static final Logger log = LoggerFactory.getLogger(RetentionReporter.class);
  private static final int MOST_TOLD = 5;

  private final SelfPreservation guard;
  private final TimeSource time;
  private Map<String, List<RetainedInstance>> told = Map.of();

  /** What is so, in the status board's words. */
  private Map<String, RetentionStatus> status = Map.of();

  RetentionReporter(SelfPreservation guard, TimeSource time) {
    this.guard = guard;
    this.time = time;
  }

  /** What is held, by service. */
  Map<String, RetentionStatus> status() {
    return status;
  }

  /** Looks what is held now; returns whether that changed. */
  boolean refresh() {
    Map<String, List<RetainedInstance>> now = guard.retained();
    if (now.equals(told)) {
      return false;
    }
    Map<String, RetentionStatus> words = new TreeMap<>();
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

  private RetentionStatus words(String service, List<RetainedInstance> held) {
    Duration now = time.elapsed();
    Instant wall = time.now();
    Duration since =
        held.stream().map(RetainedInstance::since).min(Duration::compareTo).orElse(now);
    Duration last = held.stream().map(RetainedInstance::since).max(Duration::compareTo).orElse(now);
    Duration end = last.plus(guard.grace(service));
    return new RetentionStatus(
        held.stream().map(one -> one.instance().id()).toList(),
        held.stream()
            .map(one -> one.cause().description())
            .distinct()
            .sorted()
            .collect(Collectors.joining(" or ")),
        wall.minus(now.minus(since)),
        end.compareTo(now) > 0 ? wall.plus(end.minus(now)) : null);
  }

  private static String ids(List<String> held) {
    String first =
        held.stream().limit(MOST_TOLD).map(PrintableText::of).collect(Collectors.joining(", "));
    return held.size() > MOST_TOLD ? first + ", …" : first;
  }
}
