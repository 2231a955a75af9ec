package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.InstanceKey;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What can be watched: how it is queried, and what the discovery listener is told of it. Immutable;
 * watches of equal targets share a connection.
 *
 * @param <S> what is known of it at one moment
 */
public sealed interface WatchTarget<S> {

  /** What people call it. */
  String name();

  /** Makes ready to ask. */
  BlockingQuery<S> open(CatalogApi catalog);

  /** Whether to ask once more before what was found takes the place of what is known. */
  default boolean needsConfirmation(S known, S found) {
    return false;
  }

  /**
   * The ids of what an answer takes out, or calls less well than it was known to be, where that
   * answer is not the leader's own: to be believed only after the leader has said the same.
   */
  default Set<String> doubtful(S known, QueryResult<S> answer) {
    return Set.of();
  }

  /**
   * Whether an answer is right about some ids.
   *
   * @param found what the answer holds
   * @param leader what the leader says of these ids
   */
  default boolean agrees(Set<String> ids, S found, S leader) {
    return true;
  }

  /**
   * Whether all that is doubtful about an answer is that instances have left, and the leader has
   * them no more.
   *
   * @param ids as {@link #doubtful} has them
   */
  default boolean haveLeft(Set<String> ids, S known, S found, BlockingQuery<S> query) {
    return false;
  }

  /** Tells that Consul answered. */
  void answered(DiscoveryListener to, boolean changed, Duration took);

  /** Tells that Consul's index went backwards. */
  default void indexWentBack(DiscoveryListener to) {}

  /** Tells of a try that failed. */
  void failed(DiscoveryListener to, ConsulFailure failure);

  /** Tells what could not be used. */
  default void leftOut(DiscoveryListener to, String reason) {}

  record Instances(ServiceQuery query) implements WatchTarget<Snapshot> {
    @Override
    public String name() {
      return query.label();
    }

    @Override
    public BlockingQuery<Snapshot> open(CatalogApi catalog) {
      return catalog.instances(query);
    }

    @Override
    public boolean needsConfirmation(Snapshot known, Snapshot found) {
      return query.confirmEmpty() && found.instances().isEmpty() && !known.instances().isEmpty();
    }

    /** Who asks for a server's or the agent's own knowledge gets just that. */
    @Override
    public Set<String> doubtful(Snapshot known, QueryResult<Snapshot> answer) {
      boolean leadersOwn = answer.confirmed() && !answer.isStreamed();
      return leadersOwn || query.cached() || query.consistency() == Consistency.STALE
          ? Set.of()
          : worse(known, answer.found());
    }

    /** Of a pool of thousands in which one has changed, one is looked at. */
    private static Set<String> worse(Snapshot known, Snapshot found) {
      List<ServiceInstance> before = known.instances();
      List<ServiceInstance> after = found.instances();
      int most = Math.min(before.size(), after.size());
      int first = 0;
      while (first < most && before.get(first).equals(after.get(first))) {
        first++;
      }
      int last = 0;
      while (last < most - first
          && before.get(before.size() - 1 - last).equals(after.get(after.size() - 1 - last))) {
        last++;
      }
      return worse(
          before.subList(first, before.size() - last).stream(),
          after.subList(first, after.size() - last));
    }

    @Override
    public boolean agrees(Set<String> ids, Snapshot found, Snapshot leader) {
      return worse(
              leader.instances().stream().filter(each -> ids.contains(each.id())),
              found.instances())
          .isEmpty();
    }

    @Override
    public boolean haveLeft(
        Set<String> ids, Snapshot known, Snapshot found, BlockingQuery<Snapshot> query) {
      Map<InstanceKey, HealthStatus> now = new HashMap<>();
      found.instances().stream()
          .filter(each -> ids.contains(each.id()))
          .forEach(each -> now.put(InstanceKey.of(each), each.status()));
      List<ServiceInstance> left = new ArrayList<>();
      for (ServiceInstance each : known.instances()) {
        if (ids.contains(each.id())) {
          HealthStatus status = now.get(InstanceKey.of(each));
          if (status == null) {
            left.add(each);
          } else if (status.compareTo(each.status()) > 0) {
            return false;
          }
        }
      }
      return !left.isEmpty() && query.areGone(left);
    }

    /** The ids of those that are not found in as good a health. */
    private static Set<String> worse(
        Stream<ServiceInstance> instances, List<ServiceInstance> found) {
      Map<InstanceKey, HealthStatus> now = new HashMap<>();
      found.forEach(each -> now.put(InstanceKey.of(each), each.status()));
      return instances
          .filter(
              each -> {
                HealthStatus status = now.get(InstanceKey.of(each));
                return status == null || status.compareTo(each.status()) > 0;
              })
          .map(ServiceInstance::id)
          .collect(Collectors.toSet());
    }

    @Override
    public void answered(DiscoveryListener to, boolean changed, Duration took) {
      to.watchAnswered(query, changed, took);
    }

    @Override
    public void indexWentBack(DiscoveryListener to) {
      to.watchIndexWentBackwards(query);
    }

    @Override
    public void failed(DiscoveryListener to, ConsulFailure failure) {
      to.watchFailed(query, failure);
    }

    @Override
    public void leftOut(DiscoveryListener to, String reason) {
      to.instanceLeftOut(query, reason);
    }
  }

  /**
   * The services' names. Nobody takes a name out of service because it was forgotten; names that
   * can't be asked for are logged, as nobody could do more about them.
   */
  record Services(CatalogQuery query) implements WatchTarget<CatalogServices> {
    @Override
    public String name() {
      return "the services";
    }

    @Override
    public BlockingQuery<CatalogServices> open(CatalogApi catalog) {
      return catalog.services(query);
    }

    @Override
    public void answered(DiscoveryListener to, boolean changed, Duration took) {
      to.watchAnswered(query, changed, took);
    }

    @Override
    public void failed(DiscoveryListener to, ConsulFailure failure) {
      to.watchFailed(query, failure);
    }
  }
}
