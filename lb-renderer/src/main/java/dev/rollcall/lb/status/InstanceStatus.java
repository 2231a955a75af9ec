package dev.rollcall.lb.status;

import org.jspecify.annotations.Nullable;

/**
 * An instance as Consul has it. Immutable.
 *
 * @param id its id, unique on its node
 * @param node the node it is registered on
 * @param address where it listens
 * @param port where it listens
 * @param weight its share of the traffic
 * @param refused why it was left out of the configuration; null if it is served
 * @param ignored what it asks for and does not get; null if nothing
 */
public record InstanceStatus(
    String id,
    String node,
    String address,
    int port,
    int weight,
    @Nullable String refused,
    @Nullable String ignored) {
  /** Clips the texts: nobody vouches for their length. */
  public InstanceStatus {
    id = Clipped.of(id);
    node = Clipped.of(node);
    address = Clipped.of(address);
    refused = refused == null ? null : Clipped.of(refused);
    ignored = ignored == null ? null : Clipped.of(ignored);
  }

  /** One that gets all that it asks for. */
  public InstanceStatus(
      String id, String node, String address, int port, int weight, @Nullable String refused) {
    this(id, node, address, port, weight, refused, null);
  }

  boolean served() {
    return refused == null;
  }
}
