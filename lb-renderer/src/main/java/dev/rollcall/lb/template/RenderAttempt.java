package dev.rollcall.lb.template;

import dev.rollcall.lb.config.BindAddresses;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import dev.rollcall.lb.config.ServerLine;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * One try to render a template: its text, and what is wrong with the instances in it. Used by one
 * thread.
 *
 * @param scopes the instances that were offered to the template, by pool
 * @param text what it made of them
 */
record RenderAttempt(Map<String, List<InstanceContext>> scopes, String text) {
  private static final Pattern SERVER = Pattern.compile("^[ \t]*server[ \t]+([^ \t]+)");

  /** An instance that a round leaves out, and why. */
  record LeftOut(InstanceContext scope, String reason) {}

  /** Those with a value that was written and is not allowed. */
  List<LeftOut> refused() {
    return all().stream()
        .flatMap(
            scope -> scope.refusal().stream().map(refusal -> new LeftOut(scope, refusal.reason())))
        .toList();
  }

  /** Those that are HAProxy itself: it would be a server of its own site. */
  List<LeftOut> pointingAtHaproxy(BindAddresses listeners, LocalNetwork network) {
    List<LeftOut> found = new ArrayList<>();
    for (InstanceContext scope : all()) {
      scope
          .endpoint()
          .filter(endpoint -> listeners.hasPort(endpoint.port()))
          .flatMap(
              endpoint -> listeners.accepting(endpoint.address(), endpoint.port(), network.owns()))
          .ifPresent(
              listener ->
                  found.add(
                      new LeftOut(
                          scope,
                          "its address and port are HAProxy's own, which listens at "
                              + PrintableText.of(listener))));
    }
    return found;
  }

  /**
   * Those that are where another one of their pool is: one endpoint is one server. Of several, one
   * that had a name before stays, or else the first.
   *
   * @param known whether an instance of a pool had a name before
   */
  List<LeftOut> duplicateEndpoints(Predicate<InstanceContext> known) {
    List<LeftOut> found = new ArrayList<>();
    for (List<InstanceContext> pool : scopes.values()) {
      Map<Endpoint, List<InstanceContext>> places = new HashMap<>();
      pool.forEach(
          scope ->
              scope
                  .endpoint()
                  .ifPresent(
                      endpoint ->
                          places.computeIfAbsent(endpoint, here -> new ArrayList<>(1)).add(scope)));
      places.values().stream()
          .filter(here -> here.size() > 1)
          .forEach(here -> found.addAll(allButOne(here, known)));
    }
    return found;
  }

  private static List<LeftOut> allButOne(
      List<InstanceContext> here, Predicate<InstanceContext> known) {
    InstanceContext first = here.stream().filter(known).findFirst().orElse(here.get(0));
    String reason =
        "its address and port are those of instance '"
            + PrintableText.of(first.instance().id())
            + "' on node '"
            + PrintableText.of(first.instance().node())
            + "', which is served: one address and port is one server";
    return here.stream()
        .filter(scope -> scope != first)
        .map(scope -> new LeftOut(scope, reason))
        .toList();
  }

  /**
   * Those that go by their plain name where that stands twice in one section, for which HAProxy
   * would refuse the whole configuration: a server of the template has it, or an instance of
   * another pool. Between instances it is the earlier one's.
   */
  List<InstanceContext> plainNameClashes(ServerNames names) {
    return namedTwice().values().stream()
        .map(
            those ->
                those.stream()
                    .filter(scope -> names.pool(scope.pool()).isPlain(scope.instance()))
                    .max(byAge(names)))
        .flatMap(Optional::stream)
        .toList();
  }

  /**
   * Those whose full name stands twice in one section, as another pool has an instance of the same
   * datacenter, node and id, or even the same instance. The earlier one stays.
   */
  List<LeftOut> fullNameCollisions(ServerNames names) {
    List<LeftOut> found = new ArrayList<>();
    for (List<InstanceContext> those : namedTwice().values()) {
      those.stream()
          .sorted(byAge(names))
          .skip(1)
          .forEach(
              scope ->
                  found.add(
                      new LeftOut(
                          scope,
                          "its server name "
                              + scope.serverName()
                              + " is taken by another instance: register it under another id")));
    }
    return found;
  }

  private static Comparator<InstanceContext> byAge(ServerNames names) {
    return Comparator.comparingInt(
            (InstanceContext scope) -> names.pool(scope.pool()).order(scope.instance()))
        .thenComparing(InstanceContext::pool);
  }

  /** The instances whose name is in a section more than once, by that name. */
  private Map<String, List<InstanceContext>> namedTwice() {
    Set<String> twice = twice();
    Map<String, List<InstanceContext>> owners = new TreeMap<>();
    if (!twice.isEmpty()) {
      for (InstanceContext scope : all()) {
        if (twice.contains(scope.serverName())) {
          owners.computeIfAbsent(scope.serverName(), name -> new ArrayList<>(1)).add(scope);
        }
      }
    }
    return owners;
  }

  /** The names that are in a section more than once. */
  private Set<String> twice() {
    Set<String> once = new HashSet<>();
    // Most of the time no name is in the text twice, which is quickly seen.
    if (text.lines()
        .map(SERVER::matcher)
        .noneMatch(line -> line.find() && !once.add(line.group(1)))) {
      return Set.of();
    }
    Set<String> twice = new HashSet<>();
    for (Section section : HaproxyConfig.parse(text).sections()) {
      Set<String> seen = new HashSet<>();
      for (ServerLine server : section.servers()) {
        if (!seen.add(server.name())) {
          twice.add(server.name());
        }
      }
    }
    return twice;
  }

  private Collection<InstanceContext> all() {
    return scopes.values().stream().flatMap(List::stream).toList();
  }
}
