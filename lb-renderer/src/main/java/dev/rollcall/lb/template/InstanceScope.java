package dev.rollcall.lb.template;

import dev.rollcall.discovery.ServiceInstance;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One instance inside <code>{{#services.NAME}}</code>, and the first reason to refuse it that a
 * rendering finds. Used by one thread.
 */
final class InstanceScope implements Scope {
  private static final String META = "meta.";

  private final ServiceInstance instance;
  private final String serverName;
  private final String address;
  private final List<Value> tags;
  private @Nullable String reason;

  InstanceScope(ServiceInstance instance, String serverName, String address) {
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
      case "id" -> Value.registered(this, "id", instance.id());
      case "node" -> Value.registered(this, "node", instance.node());
      case "datacenter" -> Value.registered(this, "datacenter", instance.datacenter());
      case "tags" -> tags;
      default -> name.startsWith(META) ? meta(name.substring(META.length())) : UNKNOWN;
    };
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
        .map(why -> new Refusal(instance.service(), instance.id(), instance.node(), why));
  }
}
