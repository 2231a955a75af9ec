package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.template.RenderedConfig.InstanceProblem;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One instance inside <code>{{#services.NAME}}</code>; what a rendering writes of it, the first
 * reason to refuse it, and what of it is ignored. Values are checked when they are written. Used by
 * one thread.
 */
final class InstanceContext implements MustacheContext {
  static final String META = "meta.";
  static final String TAGGED = "tagged.";

  private final String pool;
  private final ServiceInstance instance;
  private final String serverName;
  private final int weight;
  private final InstanceAddress address;
  private final Function<String, String> places;
  private final boolean loopbackAllowed;
  private final Set<String> ignored = new LinkedHashSet<>();
  private boolean addressWritten;
  private boolean portWritten;
  private @Nullable String reason;

  /**
   * A context that refuses nothing yet.
   *
   * @param pool the service in whose pool it is, which may be another one than its own
   * @param weight the weight to write
   * @param loopbackAllowed whether it may be at a loopback address
   * @param places where the template writes a value
   */
  InstanceContext(
      String pool,
      ServiceInstance instance,
      String serverName,
      int weight,
      boolean loopbackAllowed,
      Function<String, String> places) {
    this.pool = pool;
    this.instance = instance;
    this.serverName = serverName;
    this.weight = weight;
    this.loopbackAllowed = loopbackAllowed;
    this.places = places;
    this.address = InstanceAddress.of(instance.address());
  }

  @Override
  public Object get(String name) {
    return switch (name) {
      case "name" -> Value.trusted(serverName);
      case "address" -> new Value(instance.address(), this::writeAddress);
      case "port" -> new Value(Integer.toString(instance.port()), this::writePort);
      case "weight" -> new Value(Integer.toString(weight), this::writeWeight);
      case "status" -> Value.trusted(instance.status().name().toLowerCase(Locale.ROOT));
      case "id" -> word("id", instance.id());
      case "node" -> word("node", instance.node());
      case "datacenter" -> word("datacenter", instance.datacenter());
      // Without those that can't be written: other tools have tags of their own.
      case "tags" -> instance.tags().stream().filter(SafeText::isWord).map(Value::trusted).toList();
      default -> {
        if (name.startsWith(TAGGED)) {
          yield hasTag(name.substring(TAGGED.length()));
        }
        yield name.startsWith(META)
            ? word(name, instance.meta().get(name.substring(META.length())))
            : UNKNOWN;
      }
    };
  }

  private Value word(String what, @Nullable String text) {
    return new Value(text, () -> writeWord(what, text));
  }

  private String writeWord(String what, @Nullable String text) {
    if (text == null || text.isEmpty()) {
      return refuse(
          "it has no %s, which %s writes; put it between {{#…}} and {{/…}} to make it optional"
              .formatted(what, places.apply(what)));
    }
    return SafeText.isWord(text)
        ? text
        : refuse(what + " '" + PrintableText.of(text) + "' is not " + SafeText.WORD_RULE);
  }

  private String writeAddress() {
    addressWritten = true;
    if (!address.refusal().isEmpty()) {
      return refuse(address.refusal());
    }
    if (address.loopback() && !loopbackAllowed) {
      return refuse(
          "address '%s' is that of HAProxy's own machine: register the address at which others reach the instance, or allow it with --allow-loopback yes"
              .formatted(instance.address()));
    }
    return address.literal();
  }

  private String writePort() {
    portWritten = true;
    return instance.port() < 1 || instance.port() > ServerAddress.MAX_PORT
        ? refuse("port " + instance.port() + " is not between 1 and " + ServerAddress.MAX_PORT)
        : Integer.toString(instance.port());
  }

  private String writeWeight() {
    return weight < 0
        ? refuse("weight " + weight + " is negative: register one of 0 to 65535")
        : Integer.toString(weight);
  }

  boolean hasTag(String tag) {
    return instance.tags().contains(tag);
  }

  ServiceInstance instance() {
    return instance;
  }

  String pool() {
    return pool;
  }

  String serverName() {
    return serverName;
  }

  /** Where it is, if the template wrote its address and its port. */
  Optional<InetSocketAddress> endpoint() {
    return addressWritten && portWritten && reason == null
        ? Optional.of(new InetSocketAddress(address.ip(), instance.port()))
        : Optional.empty();
  }

  /** Leaves the instance out, and gives nothing to write; the first reason is kept. */
  String refuse(String why) {
    if (reason == null) {
      reason = why;
    }
    return "";
  }

  /** Records a request of the instance that is not followed. */
  void ignore(String what) {
    ignored.add(what);
  }

  /** Why the rendering refused the instance, if it did. */
  Optional<String> refusal() {
    return Optional.ofNullable(reason);
  }

  InstanceProblem problem(String why) {
    return new InstanceProblem(pool, instance.id(), instance.node(), why);
  }

  /** Its requests that are not followed. */
  List<InstanceProblem> ignored() {
    return ignored.stream().map(this::problem).toList();
  }

  /**
   * Brings the weights of a pool into HAProxy's range: Consul's go up to 65535, HAProxy's to 256
   * (configuration manual, 5.2 "weight"). The ratios are kept, as far as whole numbers can.
   * Immutable.
   *
   * @param highest the highest weight of the pool
   */
  record WeightScale(int highest) {
    private static final int LIMIT = 256;

    /** The scale for a pool of these weights. */
    static WeightScale of(Collection<Integer> weights) {
      return new WeightScale(weights.stream().mapToInt(Integer::intValue).max().orElse(0));
    }

    /**
     * The weight to write for one of the pool: the same if none of the pool is above the limit. At
     * least 1 for one that is positive; 0 stays 0, which gives an instance no new traffic.
     */
    int scale(int weight) {
      return highest <= LIMIT || weight <= 0
          ? weight
          : (int) Math.max(1, Math.round((double) weight * LIMIT / highest));
    }
  }
}
