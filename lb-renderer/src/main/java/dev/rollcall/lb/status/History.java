package dev.rollcall.lb.status;

import static java.util.function.Predicate.not;

import dev.rollcall.lb.status.Status.Instance;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The last changes, the oldest first: {@value #MOST} at most. Immutable.
 *
 * @param latest the number of the last change; 0 before the first
 * @param changes those that are remembered
 */
public record History(long latest, List<Change> changes) {
  static final int MOST = 200;
  static final History EMPTY = new History(0, List.of());
  private static final int MOST_NAMED = 5;

  /** Copies the list. */
  public History {
    changes = List.copyOf(changes);
  }

  /**
   * Something that changed. Immutable.
   *
   * @param number counts up from 1 over the life of the process
   * @param at when; of something that happens again and again, when it last did
   * @param kind {@code joined}, {@code left}, {@code left-out}, {@code service-added}, {@code
   *     service-removed}, {@code routes-changed}, {@code route-refused}, {@code template}, or an
   *     {@link Status.Apply#kind}
   * @param service whose instances or routes; null for what is of no service
   * @param instances the ids of the first few
   * @param count how many instances or routes, or how often it happened
   * @param reason what differed, or what is wrong; null if there is nothing to say
   * @param seconds how long it took; null for what takes no time
   * @param secondsSinceChange as {@link Status.Apply#secondsSinceChange}
   */
  public record Change(
      long number,
      Instant at,
      String kind,
      @Nullable String service,
      List<String> instances,
      int count,
      @Nullable String reason,
      @Nullable Double seconds,
      @Nullable Double secondsSinceChange) {
    /** Copies the first few ids, and clips the texts. */
    public Change {
      instances = instances.stream().limit(MOST_NAMED).map(Status::clip).toList();
      reason = Status.clipNullable(reason);
    }

    private Change with(long number, int count) {
      return new Change(
          number, at, kind, service, instances, count, reason, seconds, secondsSinceChange);
    }

    /** Whether this is the same trouble once more: an attempt that ends as the one before. */
    private boolean repeats(Change before) {
      return service == null
          && secondsSinceChange == null
          && kind.equals(before.kind)
          && Objects.equals(reason, before.reason);
    }
  }

  History withTemplate(Status.Template template, Instant at) {
    String reason = template.problem() == null ? "read again" : template.problem();
    return with(new Change(0, at, "template", null, List.of(), 1, reason, null, null));
  }

  History withApply(Status.Apply apply) {
    return with(
        new Change(
            0,
            apply.at(),
            apply.kind(),
            null,
            List.of(),
            1,
            apply.reason(),
            apply.seconds(),
            apply.secondsSinceChange()));
  }

  /** With what joined and left each service, and what was newly left out, sorted by service. */
  History withPools(List<Status.Service> before, List<Status.Service> now, Instant at) {
    Map<String, List<Instance>> was = instances(before);
    Map<String, List<Instance>> is = instances(now);
    Set<String> services = new TreeSet<>(was.keySet());
    services.addAll(is.keySet());
    History grown = this;
    for (String service : services) {
      List<Instance> old = was.getOrDefault(service, List.of());
      List<Instance> fresh = is.getOrDefault(service, List.of());
      grown =
          grown
              .withInstances(at, "joined", service, added(old, fresh, Instance::served))
              .withInstances(at, "left", service, added(fresh, old, Instance::served))
              .withInstances(at, "left-out", service, added(old, fresh, not(Instance::served)));
    }
    return grown.withSelected(routing(before), routing(now), at);
  }

  /** With the selected services that came and went, and the routes that were newly refused. */
  private History withSelected(
      Map<String, Status.Routing> was, Map<String, Status.Routing> is, Instant at) {
    History grown = this;
    Set<String> services = new TreeSet<>(was.keySet());
    services.addAll(is.keySet());
    for (String service : services) {
      Status.Routing old = was.get(service);
      Status.Routing fresh = is.get(service);
      if (fresh == null) {
        grown = grown.withService(at, "service-removed", service, 1, null);
        continue;
      }
      if (old == null || !old.routes().equals(fresh.routes())) {
        String routes = fresh.routes().isEmpty() ? "no route" : String.join(", ", fresh.routes());
        String kind = old == null ? "service-added" : "routes-changed";
        grown = grown.withService(at, kind, service, fresh.routes().size(), routes);
      }
      List<Status.RefusedRoute> refused = new ArrayList<>(fresh.refused());
      refused.removeAll(old == null ? List.of() : old.refused());
      if (!refused.isEmpty()) {
        String first = refused.get(0).route() + ": " + refused.get(0).reason();
        grown = grown.withService(at, "route-refused", service, refused.size(), first);
      }
    }
    return grown;
  }

  private History withService(
      Instant at, String kind, String service, int count, @Nullable String reason) {
    return with(new Change(0, at, kind, service, List.of(), count, reason, null, null));
  }

  private static Map<String, Status.Routing> routing(List<Status.Service> services) {
    Map<String, Status.Routing> routing = new TreeMap<>();
    for (Status.Service service : services) {
      Status.Routing own = service.routing();
      if (own != null) {
        routing.put(service.name(), own);
      }
    }
    return routing;
  }

  private History withInstances(Instant at, String kind, String service, List<String> ids) {
    return ids.isEmpty()
        ? this
        : with(new Change(0, at, kind, service, ids, ids.size(), null, null, null));
  }

  /** With one more, which takes the place of the last if it says the same once more. */
  private History with(Change change) {
    List<Change> kept = new ArrayList<>(changes);
    if (!kept.isEmpty() && change.repeats(kept.get(kept.size() - 1))) {
      Change last = kept.remove(kept.size() - 1);
      kept.add(change.with(last.number(), last.count() + 1));
      return new History(latest, kept);
    }
    kept.add(change.with(latest + 1, change.count()));
    return new History(latest + 1, kept).newest(MOST);
  }

  /** The last few alone. */
  History newest(int most) {
    return new History(latest, changes.subList(Math.max(0, changes.size() - most), changes.size()));
  }

  /** The ids of those that are so in the second list and not in the first. */
  private static List<String> added(
      List<Instance> before, List<Instance> now, Predicate<Instance> so) {
    Set<List<String>> known =
        before.stream().filter(so).map(History::key).collect(Collectors.toSet());
    return now.stream()
        .filter(so)
        .filter(instance -> !known.contains(key(instance)))
        .map(Instance::id)
        .toList();
  }

  private static List<String> key(Instance instance) {
    return List.of(instance.id(), instance.node());
  }

  private static Map<String, List<Instance>> instances(List<Status.Service> services) {
    return services.stream()
        .collect(Collectors.toMap(Status.Service::name, Status.Service::instances));
  }
}
