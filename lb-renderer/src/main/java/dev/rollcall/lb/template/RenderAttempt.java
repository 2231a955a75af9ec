package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.Backend.ServerLine;
import dev.rollcall.lb.config.BindAddresses;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.template.HaproxyTemplate.LocalNetwork;
import dev.rollcall.lb.template.RenderedConfig.InstanceProblem;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * One try to render a template: its text, and what is wrong with the instances in it. Used by one
 * thread.
 *
 * @param pools the instances that were offered to the template, by pool
 * @param text what it made of them
 */
record RenderAttempt(Map<String, List<InstanceContext>> pools, String text) {
  private static final String SERVER = "server";

  /** An instance that has to be left out, and why. */
  record Exclusion(InstanceContext context, String reason) {}

  /** The instances that a rendering leaves out of each pool, and why. Used by one thread. */
  static final class Exclusions {
    private final Map<String, Set<ServiceInstance>> instances = new HashMap<>();
    private final List<InstanceProblem> problems = new ArrayList<>();

    void add(List<Exclusion> more) {
      for (Exclusion one : more) {
        InstanceContext context = one.context();
        // By identity: that is quick, and tells even equal ones apart.
        instances
            .computeIfAbsent(
                context.pool(), pool -> Collections.newSetFromMap(new IdentityHashMap<>()))
            .add(context.instance());
        problems.add(context.problem(one.reason()));
      }
    }

    void clear() {
      instances.clear();
      problems.clear();
    }

    List<InstanceProblem> problems() {
      return problems;
    }

    /** Those of a pool that are not left out. */
    List<ServiceInstance> without(String pool, List<ServiceInstance> all) {
      Set<ServiceInstance> out = instances.getOrDefault(pool, Set.of());
      return out.isEmpty() ? all : all.stream().filter(one -> !out.contains(one)).toList();
    }
  }

  /** Those with a value that was written and is not allowed. */
  List<Exclusion> refused() {
    List<Exclusion> found = new ArrayList<>();
    pools
        .values()
        .forEach(
            pool ->
                pool.forEach(
                    context ->
                        context
                            .refusal()
                            .ifPresent(why -> found.add(new Exclusion(context, why)))));
    return found;
  }

  /** Those that are HAProxy itself: it would be a server of its own site. */
  List<Exclusion> pointingAtHaproxy(BindAddresses listeners, LocalNetwork network) {
    List<Exclusion> found = new ArrayList<>();
    for (InstanceContext context : all()) {
      if (!listeners.hasPort(context.instance().port())) {
        continue;
      }
      context
          .endpoint()
          .flatMap(
              endpoint ->
                  listeners.accepting(endpoint.getAddress(), endpoint.getPort(), network.owns()))
          .map(
              listener ->
                  "its address and port are HAProxy's own, which listens at "
                      + PrintableText.of(listener))
          .ifPresent(why -> found.add(new Exclusion(context, why)));
    }
    return found;
  }

  /**
   * Those that are where another one of their pool is: one endpoint is one server. Of several, one
   * that had a name before stays, or else the first.
   *
   * @param known whether an instance of a pool had a name before
   */
  List<Exclusion> duplicateEndpoints(Predicate<InstanceContext> known) {
    List<Exclusion> found = new ArrayList<>();
    for (List<InstanceContext> pool : pools.values()) {
      if (allDiffer(pool)) {
        continue;
      }
      Map<InetSocketAddress, List<InstanceContext>> byEndpoint = new HashMap<>();
      for (InstanceContext context : pool) {
        context
            .endpoint()
            .ifPresent(
                endpoint ->
                    byEndpoint.computeIfAbsent(endpoint, here -> new ArrayList<>(1)).add(context));
      }
      byEndpoint.values().stream()
          .filter(here -> here.size() > 1)
          .forEach(here -> found.addAll(allButOne(here, known)));
    }
    return found;
  }

  /** Mostly no endpoint is there twice, which is quickly seen. */
  private static boolean allDiffer(List<InstanceContext> pool) {
    Set<InetSocketAddress> seen = new HashSet<>(2 * pool.size());
    for (InstanceContext context : pool) {
      Optional<InetSocketAddress> endpoint = context.endpoint();
      if (endpoint.isPresent() && !seen.add(endpoint.get())) {
        return false;
      }
    }
    return true;
  }

  private static List<Exclusion> allButOne(
      List<InstanceContext> here, Predicate<InstanceContext> known) {
    InstanceContext first = here.stream().filter(known).findFirst().orElse(here.get(0));
    String reason =
        "its address and port are those of instance '%s' on node '%s', which is served: one address and port is one server"
            .formatted(
                PrintableText.of(first.instance().id()), PrintableText.of(first.instance().node()));
    return here.stream()
        .filter(context -> context != first)
        .map(context -> new Exclusion(context, reason))
        .toList();
  }

  /**
   * Those that go by their plain name where that stands twice in one section, for which HAProxy
   * would refuse the whole configuration: a server of the template has it, or an instance of
   * another pool. Between instances it is the earlier one's.
   *
   * @param namedTwice as {@link #namedTwice} has them
   */
  static List<InstanceContext> plainNameClashes(
      Map<String, List<InstanceContext>> namedTwice, ServerNames names) {
    return namedTwice.values().stream()
        .map(
            those ->
                those.stream()
                    .filter(context -> names.pool(context.pool()).isPlain(context.instance()))
                    .max(byAge(names)))
        .flatMap(Optional::stream)
        .toList();
  }

  /**
   * Those whose full name stands twice in one section, as another pool has an instance of the same
   * datacenter, node and id, or even the same instance. The earlier one stays.
   *
   * @param namedTwice as {@link #namedTwice} has them
   */
  static List<Exclusion> fullNameCollisions(
      Map<String, List<InstanceContext>> namedTwice, ServerNames names) {
    return namedTwice.values().stream()
        .flatMap(those -> those.stream().sorted(byAge(names)).skip(1))
        .map(context -> new Exclusion(context, nameTaken(context.serverName())))
        .toList();
  }

  /** Why an instance can't have a name. */
  static String nameTaken(String name) {
    return "its server name "
        + name
        + " is taken by another instance: register it under another id";
  }

  private static Comparator<InstanceContext> byAge(ServerNames names) {
    return Comparator.comparingInt(
            (InstanceContext context) -> names.pool(context.pool()).order(context.instance()))
        .thenComparing(InstanceContext::pool);
  }

  /** The instances whose name is in a section more than once, by that name. */
  Map<String, List<InstanceContext>> namedTwice() {
    Set<String> twice = duplicateNames();
    Map<String, List<InstanceContext>> owners = new TreeMap<>();
    if (!twice.isEmpty()) {
      for (InstanceContext context : all()) {
        if (twice.contains(context.serverName())) {
          owners.computeIfAbsent(context.serverName(), name -> new ArrayList<>(1)).add(context);
        }
      }
    }
    return owners;
  }

  /** The server names that are in a section more than once. */
  private Set<String> duplicateNames() {
    // Most of the time no name is in the text twice, which is quickly seen.
    if (allNamesDiffer(text)) {
      return Set.of();
    }
    Set<String> twice = new HashSet<>();
    for (HaproxyConfig.Section section : HaproxyConfig.parse(text).sections()) {
      Set<String> seen = new HashSet<>();
      for (ServerLine server : section.servers()) {
        if (!seen.add(server.name())) {
          twice.add(server.name());
        }
      }
    }
    return twice;
  }

  /** Whether no name of a {@code server} line is in another one, of whatever section. */
  private static boolean allNamesDiffer(String text) {
    Set<String> once = new HashSet<>();
    for (int at = 0, next; at < text.length(); at = next + 1) {
      int word = skipBlanks(text, at);
      if (text.startsWith(SERVER, word)) {
        int name = skipBlanks(text, word + SERVER.length());
        int end = name;
        // Whatever ends it: where two then look alike, they are compared with care.
        while (end < text.length() && text.charAt(end) > ' ') {
          end++;
        }
        if (name > word + SERVER.length() && !once.add(text.substring(name, end))) {
          return false;
        }
      }
      next = text.indexOf('\n', word);
      if (next < 0) {
        return true;
      }
    }
    return true;
  }

  private static int skipBlanks(String text, int from) {
    int at = from;
    while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
      at++;
    }
    return at;
  }

  private Collection<InstanceContext> all() {
    return pools.values().stream().flatMap(List::stream).toList();
  }
}
