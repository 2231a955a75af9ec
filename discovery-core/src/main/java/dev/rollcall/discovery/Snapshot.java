package dev.rollcall.discovery;

import java.util.Comparator;
import java.util.List;

/**
 * What a query finds at one moment. Immutable. Two snapshots are equal if an observer would see the
 * same instances: the output of checks, indexes and times take no part.
 *
 * @param query the query that was answered
 * @param instances the instances, sorted by id, then node; nearest first if the query says {@link
 *     ServiceQuery#near(String) near} what
 */
public record Snapshot(ServiceQuery query, List<ServiceInstance> instances) {

  private static final Comparator<ServiceInstance> ORDER =
      Comparator.comparing(ServiceInstance::id).thenComparing(ServiceInstance::node);

  /** Copies and sorts the instances. */
  public Snapshot {
    instances =
        query.near().isPresent()
            ? List.copyOf(instances)
            : instances.stream().sorted(ORDER).toList();
  }
}
