package dev.rollcall.lb.reconcile;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.InstanceKey;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.template.InstanceProblem;
import dev.rollcall.lb.template.InstanceValidator;
import dev.rollcall.lb.template.ServerNames;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Stands between what Consul says and the guard: tells apart what the template could serve and what
 * it would leave out, so that the guard counts what will be served. Remembers its last answer; used
 * by one thread.
 */
final class ServableInstances {
  private @Nullable Verdict last;

  /**
   * What can be served.
   *
   * @param seen what Consul says
   * @param validator the template that was asked
   * @param view the same, with those that it would leave out among the {@link Pool#refused()}
   * @param refusals why
   */
  record Verdict(
      CatalogSnapshot seen,
      InstanceValidator validator,
      CatalogSnapshot view,
      List<InstanceProblem> refusals) {
    Verdict {
      refusals = List.copyOf(refusals);
    }

    /** How many instances of a service can be served. */
    int servable(String service) {
      return view.pools().getOrDefault(service, Pool.unknown()).instances().size();
    }
  }

  /**
   * Asks the template.
   *
   * @param names the names that the servers have; they decide who of one address and port stays
   * @param named the services that the template names
   * @param helpers by service that is named, the one whose instances may help out
   */
  Verdict of(
      CatalogSnapshot seen,
      InstanceValidator validator,
      ServerNames names,
      Set<String> named,
      Map<String, String> helpers) {
    Verdict known = last;
    if (known != null && known.validator() == validator && known.seen().equals(seen)) {
      return known;
    }
    List<InstanceProblem> refusals = ask(validator, names, seen.restrictedTo(named));
    Map<String, Set<InstanceKey>> refused = new HashMap<>();
    for (InstanceProblem refusal : refusals) {
      note(refused, refusal.service(), refusal);
    }
    // Those who only help out are judged where they would help, before they have to.
    SortedMap<String, Pool> help = new TreeMap<>();
    helpers.forEach(
        (service, helper) -> {
          if (!named.contains(helper)) {
            help.put(service, Pool.of(instances(seen, helper)));
          }
        });
    if (!help.isEmpty()) {
      for (InstanceProblem refusal : ask(validator, names, new CatalogSnapshot(help))) {
        String helper = helpers.getOrDefault(refusal.service(), refusal.service());
        note(refused, helper, refusal);
      }
    }
    Verdict verdict =
        new Verdict(
            seen, validator, refused.isEmpty() ? seen : seen.withRefused(refused), refusals);
    last = verdict;
    return verdict;
  }

  private static List<InstanceProblem> ask(
      InstanceValidator validator, ServerNames names, CatalogSnapshot view) {
    try {
      return validator.refusals(view, names);
    } catch (OutOfMemoryError | StackOverflowError e) {
      return List.of(); // The rendering itself says so.
    }
  }

  private static List<ServiceInstance> instances(CatalogSnapshot seen, String service) {
    return seen.pools().getOrDefault(service, Pool.unknown()).instances();
  }

  private static void note(
      Map<String, Set<InstanceKey>> refused, String service, InstanceProblem refusal) {
    refused
        .computeIfAbsent(service, none -> new HashSet<>())
        .add(new InstanceKey(refusal.instance(), refusal.node()));
  }
}
