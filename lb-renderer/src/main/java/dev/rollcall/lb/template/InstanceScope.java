package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One instance inside <code>{{#services.NAME}}</code>, and the first reason to refuse it that a
 * rendering finds. Used by one thread.
 */
final class InstanceScope implements Scope {
  static final String META = "meta.";
  static final String TAGGED = "tagged.";

  private final String pool;
  private final ServiceInstance instance;
  private final String serverName;
  private final String address;
  private final List<Value> tags;
  private final Function<String, String> places;
  private @Nullable String reason;

  /**
   * A scope that refuses nothing yet.
   *
   * @param pool the service in whose pool it is, which may be another one than its own
   * @param places where the template writes a value
   */
  InstanceScope(
      String pool,
      ServiceInstance instance,
      String serverName,
      String address,
      Function<String, String> places) {
    this.pool = pool;
    this.places = places;
    this.instance = instance;
    this.serverName = serverName;
    this.address = address;
    this.tags = instance.tags().stream().map(tag -> Value.registered(this, "tag", tag)).toList();
  }

  @Override
  public Object get(String name) {
    return switch (name) {
      case "name" -> Value.trusted(serverName);
      case "address" -> Value.trusted(address);
      case "port" -> Value.trusted(Integer.toString(instance.port()));
      case "weight" -> Value.trusted(Integer.toString(instance.weight()));
      case "status" -> Value.trusted(instance.status().name().toLowerCase(Locale.ROOT));
      case "id" -> Value.registered(this, "id", instance.id());
      case "node" -> Value.registered(this, "node", instance.node());
      case "datacenter" -> Value.registered(this, "datacenter", instance.datacenter());
      case "tags" -> tags;
      default -> {
        if (name.startsWith(TAGGED)) {
          yield tagged(name.substring(TAGGED.length()));
        }
        yield name.startsWith(META) ? meta(name.substring(META.length())) : UNKNOWN;
      }
    };
  }

  /** Whether it has the tag. */
  boolean tagged(String tag) {
    return instance.tags().contains(tag);
  }

  /** Leaves the instance out because it lacks what the template writes. */
  void refuseWithout(String what) {
    refuse(
        "it has no "
            + what
            + ", which "
            + places.apply(what)
            + " writes; put it between {{#…}} and {{/…}} to make it optional");
  }

  private Value meta(String key) {
    return Value.registered(this, META + key, instance.meta().get(key));
  }

  ServiceInstance instance() {
    return instance;
  }

  /** Leaves the instance out; the first reason is kept. */
  void refuse(String why) {
    if (reason == null) {
      reason = why;
    }
  }

  /** Why the rendering refused the instance, if it did. */
  Optional<Refusal> refusal() {
    return Optional.ofNullable(reason)
        .map(why -> new Refusal(pool, instance.id(), instance.node(), why));
  }
}
