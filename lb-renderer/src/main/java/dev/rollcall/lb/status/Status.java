package dev.rollcall.lb.status;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What lb-renderer has done so far and what is so. Immutable. The components of the nested records
 * are field names of {@code /status}.
 *
 * @param version of lb-renderer
 * @param startedAt when it started
 * @param template the template in use
 * @param services the services as they were last rendered
 * @param lastRender null before the first
 * @param lastApply null before the first
 * @param lastSuccess when a configuration was last taken; null before the first
 * @param applies how many ended how, by {@link Apply#kind}
 * @param history what changed, up to now
 * @param waiting what a rendering waits for; null if none does
 * @param refusedServices services that the operator's rule allows and that cannot be had
 * @param error an error that should not happen; null if there was none since the last apply
 */
public record Status(
    String version,
    Instant startedAt,
    Template template,
    List<Service> services,
    @Nullable Render lastRender,
    @Nullable Apply lastApply,
    @Nullable Instant lastSuccess,
    SortedMap<String, Long> applies,
    History history,
    @Nullable String waiting,
    List<RefusedService> refusedServices,
    @Nullable String error) {
  private static final int LONGEST_TEXT = 300;

  /** Copies the collections. */
  public Status {
    services = List.copyOf(services);
    refusedServices = List.copyOf(refusedServices);
    applies = Collections.unmodifiableSortedMap(new TreeMap<>(applies));
  }

  /** Whether a configuration was ever written, by this process or by one before it. */
  public boolean written() {
    return lastSuccess != null || (lastApply != null && lastApply.kind().equals("waiting"));
  }

  /** Whether the last configuration is in use. */
  public boolean inUse() {
    return lastApply != null && lastApply.succeeded();
  }

  /** The text, cut at 300 characters and never within a surrogate pair. */
  static String clip(String text) {
    if (text.length() <= LONGEST_TEXT) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(LONGEST_TEXT - 1)) ? 1 : 0;
    return text.substring(0, LONGEST_TEXT - end) + "…";
  }

  /** As documents show a time, to the millisecond. */
  public static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }

  static @Nullable String clipNullable(@Nullable String text) {
    return text == null ? null : clip(text);
  }

  /**
   * The template in use. Immutable.
   *
   * @param name its file, or {@code (built-in)}
   * @param readAt when the one in use was read
   * @param problem why what is in the file now is not in use; null if it is
   */
  public record Template(String name, Instant readAt, @Nullable String problem) {}

  /**
   * A service as it was last rendered. Immutable.
   *
   * @param name the service's name
   * @param answered whether Consul had answered for it
   * @param instances its instances, refused and retained ones included
   * @param guard what is retained of it though Consul says otherwise; null if nothing is
   * @param routing where it is reached, if the template ranges over it; null for one that the
   *     template names
   */
  public record Service(
      String name,
      boolean answered,
      List<Instance> instances,
      @Nullable Retention guard,
      @Nullable Routing routing) {
    /** Copies the list. */
    public Service {
      instances = List.copyOf(instances);
    }

    /** One that the template names. */
    public Service(
        String name, boolean answered, List<Instance> instances, @Nullable Retention guard) {
      this(name, answered, instances, guard, null);
    }

    Service withGuard(@Nullable Retention changed) {
      return new Service(name, answered, instances, changed, routing);
    }

    long served() {
      return instances.stream().filter(Instance::served).count();
    }
  }

  /**
   * Where a service is reached that the template ranges over. Immutable.
   *
   * @param routes as {@code HOST/PATH} or {@code port PORT}
   * @param refused what its instances ask for and do not get
   */
  public record Routing(List<String> routes, List<RefusedRoute> refused) {
    /** Copies the lists. */
    public Routing {
      routes = List.copyOf(routes);
      refused = List.copyOf(refused);
    }
  }

  /**
   * A route that a service asks for and does not get. Immutable.
   *
   * @param route the route, or where it asks for it
   * @param reason one line
   */
  public record RefusedRoute(String route, String reason) {
    /** Clips the texts. */
    public RefusedRoute {
      route = clip(route);
      reason = clip(reason);
    }
  }

  /**
   * A service that the operator's rule allows and that cannot be had. Immutable.
   *
   * @param name the service's name
   * @param reason one line
   */
  public record RefusedService(String name, String reason) {
    /** Clips the texts. */
    public RefusedService {
      name = clip(name);
      reason = clip(reason);
    }
  }

  /**
   * An instance as Consul has it, its texts clipped. Immutable.
   *
   * @param id its id, unique on its node
   * @param node the node it is registered on
   * @param address where it listens
   * @param port where it listens
   * @param weight its share of the traffic
   * @param server the name of its server in the configuration; null if it has none
   * @param refused why it was left out of the configuration; null if it is served
   * @param ignored what it asks for and does not get; null if nothing
   */
  public record Instance(
      String id,
      String node,
      String address,
      int port,
      int weight,
      @Nullable String server,
      @Nullable String refused,
      @Nullable String ignored) {
    /** Clips the texts: nobody vouches for their length. */
    public Instance {
      id = clip(id);
      node = clip(node);
      address = clip(address);
      refused = clipNullable(refused);
      ignored = clipNullable(ignored);
    }

    boolean served() {
      return refused == null;
    }
  }

  /**
   * What self-preservation retains of a pool. Immutable.
   *
   * @param held the ids of the instances that are served though Consul doesn't call them passing
   * @param reason why they are missing in Consul
   * @param since when the first of them was missed
   * @param until when the last of them is let go if nothing changes; null if that takes a change
   */
  public record Retention(
      List<String> held, String reason, Instant since, @Nullable Instant until) {
    /** Copies the list. */
    public Retention {
      held = List.copyOf(held);
    }
  }

  /**
   * A rendering. Immutable.
   *
   * @param at when
   * @param characters how long the configuration is
   * @param refused how many instances were left out
   */
  public record Render(Instant at, int characters, int refused) {}

  /**
   * What became of a configuration. Immutable.
   *
   * @param at when that was known
   * @param kind in a word: {@code no-change}, {@code changed}, {@code reloaded}, {@code written},
   *     {@code waiting}, {@code rejected} or {@code failed}
   * @param reason what differed, or what is wrong
   * @param seconds how long it took
   * @param succeeded whether what was rendered is in use (or in the file, if there is no HAProxy to
   *     tell)
   * @param secondsSinceChange from the first change of the catalog or the template that it brings,
   *     to its end, failed attempts included; null if it failed or brings none
   */
  public record Apply(
      Instant at,
      String kind,
      String reason,
      double seconds,
      boolean succeeded,
      @Nullable Double secondsSinceChange) {
    /** This one, known to bring a change that came some seconds ago. */
    public Apply bringing(double secondsSinceChange) {
      return new Apply(at, kind, reason, seconds, succeeded, secondsSinceChange);
    }
  }
}
