package dev.rollcall.lb.reconcile;

import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.consul.Pool.InstanceKey;
import dev.rollcall.lb.routing.RouteTable;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.template.RenderedConfig.InstanceProblem;
import dev.rollcall.lb.template.ServerNames;
import dev.rollcall.lb.template.TemplateException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Tells what a template could serve from what it would leave out, so that self-preservation counts
 * what will be served. Remembers its last result; used by one thread.
 */
final class ServableInstanceFilter {
  private @Nullable Result last;

  /**
   * What can be served.
   *
   * @param seen what Consul says
   * @param template that was asked
   * @param routes the selected services
   * @param snapshot the same, with those that it would leave out among the {@link Pool#refused()}
   * @param refusals why
   * @param rendering what the template made of it on the way; null if it could not be rendered
   */
  record Result(
      CatalogSnapshot seen,
      HaproxyTemplate template,
      RouteTable routes,
      CatalogSnapshot snapshot,
      List<InstanceProblem> refusals,
      @Nullable Rendering rendering) {
    Result {
      refusals = List.copyOf(refusals);
    }

    /**
     * What the template makes of these instances, if it has been asked for the same ones.
     *
     * @param accepted those that are to be served
     * @param names the names that the servers have
     */
    Optional<RenderedConfig> rendered(CatalogSnapshot accepted, ServerNames names) {
      return rendering != null && rendering.isOf(accepted, names)
          ? Optional.of(rendering.config())
          : Optional.empty();
    }

    /** Why an instance of a service can't be served, after a colon; empty if all can. */
    String firstRefusal(String service) {
      return refusals.stream()
          .filter(refusal -> refusal.service().equals(service))
          .findFirst()
          .map(refusal -> ": " + refusal)
          .orElse("");
    }

    /** How many instances of a service can be served. */
    int count(String service) {
      return snapshot.pool(service).instances().size();
    }
  }

  /**
   * A rendering of the instances as Consul has them: mostly self-preservation takes them as they
   * are, and the same text is what is to be applied.
   *
   * @param names the names that the servers had
   */
  record Rendering(CatalogSnapshot snapshot, ServerNames names, RenderedConfig config) {
    boolean isOf(CatalogSnapshot other, ServerNames others) {
      return names == others
          && snapshot.pools().keySet().equals(other.pools().keySet())
          && snapshot.pools().entrySet().stream()
              .allMatch(
                  pool ->
                      pool.getValue().instances().equals(other.pool(pool.getKey()).instances()));
    }
  }

  /**
   * Asks the template.
   *
   * @param routes the selected services
   * @param names the names that the servers have; they decide who of one address and port stays
   * @param fallbacks by service that the template names or ranges over, those whose instances may
   *     help out
   */
  Result of(
      CatalogSnapshot seen,
      HaproxyTemplate template,
      RouteTable routes,
      ServerNames names,
      Map<String, List<String>> fallbacks) {
    Result known = last;
    if (known != null
        && known.template() == template
        && known.routes().equals(routes)
        && known.seen().equals(seen)) {
      return known;
    }
    Set<String> named = new TreeSet<>(template.services());
    named.addAll(routes.services().keySet());
    CatalogSnapshot asked = seen.restrictedTo(named);
    RenderedConfig config = ask(template, routes, names, asked);
    List<InstanceProblem> refusals = config == null ? List.of() : config.refusals();
    Map<String, Set<InstanceKey>> refused = new HashMap<>();
    refusals.forEach(refusal -> note(refused, refusal.service(), refusal));
    // Fallback instances are judged where they would help, before they have to.
    int most = fallbacks.values().stream().mapToInt(List::size).max().orElse(0);
    for (int rank = 0; rank < most; rank++) {
      Map<String, String> ranked = new HashMap<>();
      SortedMap<String, Pool> helping = new TreeMap<>();
      for (Map.Entry<String, List<String>> each : fallbacks.entrySet()) {
        List<String> inOrder = each.getValue();
        if (rank < inOrder.size() && !named.contains(inOrder.get(rank))) {
          ranked.put(each.getKey(), inOrder.get(rank));
          helping.put(each.getKey(), Pool.of(seen.pool(inOrder.get(rank)).instances()));
        }
      }
      if (!helping.isEmpty()) {
        RenderedConfig helped = ask(template, routes, names, new CatalogSnapshot(helping));
        if (helped != null) {
          helped
              .refusals()
              .forEach(
                  refusal ->
                      note(
                          refused,
                          ranked.getOrDefault(refusal.service(), refusal.service()),
                          refusal));
        }
      }
    }
    Result result =
        new Result(
            seen,
            template,
            routes,
            refused.isEmpty() ? seen : seen.withRefused(refused),
            refusals,
            config == null ? null : new Rendering(asked, names, config));
    last = result;
    return result;
  }

  private static @Nullable RenderedConfig ask(
      HaproxyTemplate template, RouteTable routes, ServerNames names, CatalogSnapshot snapshot) {
    try {
      return template.render(snapshot, routes, names);
    } catch (TemplateException | OutOfMemoryError | StackOverflowError e) {
      return null; // The rendering of what is to be applied says so.
    }
  }

  private static void note(
      Map<String, Set<InstanceKey>> refused, String service, InstanceProblem refusal) {
    refused
        .computeIfAbsent(service, none -> new HashSet<>())
        .add(new InstanceKey(refusal.instance(), refusal.node()));
  }
}
