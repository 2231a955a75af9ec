package dev.rollcall.discovery;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * One instance of a service as Consul holds it. Immutable and thread-safe.
 *
 * <p>Who registered it chose the strings. The address and port can be used as such, and id and node
 * are on one line each; all the rest is as it was registered: escape it before it goes into a page
 * or a configuration.
 */
public final class ServiceInstance {

  private final String id;
  private final String service;
  private final String node;
  private final String address;
  private final int port;
  private final List<String> tags;
  private final Map<String, String> meta;
  private final int weight;
  private final HealthStatus status;
  private final String datacenter;
  private final long createIndex;

  private ServiceInstance(Builder from) {
    id = from.id;
    service = from.service;
    node = from.node;
    address = from.address;
    port = from.port;
    tags = from.tags;
    meta = from.meta;
    weight = from.weight;
    status = from.status;
    datacenter = from.datacenter;
    createIndex = from.createIndex;
  }

  /**
   * Begins an instance; for tests, as others come from a {@link Watch}.
   *
   * @param service the service's name
   * @param address as {@link #address()}
   * @param port as {@link #port()}
   * @return a builder with every default
   */
  public static Builder builder(String service, String address, int port) {
    return new Builder(service, address, port);
  }

  /**
   * Begins an instance that differs from this one.
   *
   * @return a builder with what this one holds
   */
  public Builder toBuilder() {
    return new Builder(service, address, port)
        .id(id)
        .node(node)
        .tags(tags)
        .meta(meta)
        .weight(weight)
        .status(status)
        .datacenter(datacenter)
        .createIndex(createIndex);
  }

  /**
   * The service id.
   *
   * @return unique on its node only
   */
  public String id() {
    return id;
  }

  /**
   * The service's name.
   *
   * @return as it was registered
   */
  public String service() {
    return service;
  }

  /**
   * The name of the node whose agent holds it.
   *
   * @return the name
   */
  public String node() {
    return node;
  }

  /**
   * The service's address, or its node's if it has none.
   *
   * @return an IP address or a host name
   */
  public String address() {
    return address;
  }

  /**
   * The TCP port.
   *
   * @return 1 to 65535
   */
  public int port() {
    return port;
  }

  /**
   * The tags.
   *
   * @return immutable; in Consul's order
   */
  public List<String> tags() {
    return tags;
  }

  /**
   * The service's metadata.
   *
   * @return immutable; sorted by key
   */
  public Map<String, String> meta() {
    return meta;
  }

  /**
   * The weight for its present status.
   *
   * @return 0 to 65535; 1 unless registered otherwise
   */
  public int weight() {
    return weight;
  }

  /**
   * The worst status among its own and its node's checks.
   *
   * @return the status
   */
  public HealthStatus status() {
    return status;
  }

  /**
   * The datacenter of its node.
   *
   * @return the name; empty if Consul did not say
   */
  public String datacenter() {
    return datacenter;
  }

  /**
   * Consul's index at which it was registered. It stays when the registration is renewed: of two
   * instances the one with the lower index was there first.
   *
   * @return the index; 0 if Consul did not say
   */
  public long createIndex() {
    return createIndex;
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof ServiceInstance that
            && id.equals(that.id)
            && service.equals(that.service)
            && node.equals(that.node)
            && address.equals(that.address)
            && port == that.port
            && tags.equals(that.tags)
            && meta.equals(that.meta)
            && weight == that.weight
            && status == that.status
            && datacenter.equals(that.datacenter)
            && createIndex == that.createIndex);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, node, address, port, status);
  }

  @Override
  public String toString() {
    return ("ServiceInstance[id=%s, service=%s, node=%s, address=%s, port=%d, tags=%s, meta=%s,"
            + " weight=%d, status=%s, datacenter=%s, createIndex=%d]")
        .formatted(
            id, service, node, address, port, tags, meta, weight, status, datacenter, createIndex);
  }

  /** Builds a {@link ServiceInstance}. Not thread-safe. Checks nothing but that nothing is null. */
  public static final class Builder {
    private final String service;
    private final String address;
    private final int port;
    private String id;
    private String node = "";
    private List<String> tags = List.of();
    private Map<String, String> meta = Map.of();
    private int weight = 1;
    private HealthStatus status = HealthStatus.PASSING;
    private String datacenter = "";
    private long createIndex;

    private Builder(String service, String address, int port) {
      this.service = Objects.requireNonNull(service, "service");
      this.address = Objects.requireNonNull(address, "address");
      this.port = port;
      id = service + "-" + address + "-" + port;
    }

    /**
     * Sets the service id. Default: {@code service-address-port}.
     *
     * @param id unique on its node
     * @return this
     */
    public Builder id(String id) {
      this.id = Objects.requireNonNull(id, "id");
      return this;
    }

    /**
     * Sets the node. Default: empty.
     *
     * @param node the name of the node whose agent holds it
     * @return this
     */
    public Builder node(String node) {
      this.node = Objects.requireNonNull(node, "node");
      return this;
    }

    /**
     * Sets the tags. Default: none.
     *
     * @param tags in Consul's order
     * @return this
     */
    public Builder tags(List<String> tags) {
      this.tags = List.copyOf(tags);
      return this;
    }

    /**
     * Sets the metadata. Default: none.
     *
     * @param meta by key
     * @return this
     */
    public Builder meta(Map<String, String> meta) {
      this.meta = Collections.unmodifiableMap(new TreeMap<>(meta));
      return this;
    }

    /**
     * Sets the weight. Default: 1.
     *
     * @param weight for its present status
     * @return this
     */
    public Builder weight(int weight) {
      this.weight = weight;
      return this;
    }

    /**
     * Sets the status. Default: {@link HealthStatus#PASSING}.
     *
     * @param status the worst among its own and its node's checks
     * @return this
     */
    public Builder status(HealthStatus status) {
      this.status = Objects.requireNonNull(status, "status");
      return this;
    }

    /**
     * Sets the datacenter. Default: empty.
     *
     * @param datacenter that of its node
     * @return this
     */
    public Builder datacenter(String datacenter) {
      this.datacenter = Objects.requireNonNull(datacenter, "datacenter");
      return this;
    }

    /**
     * Sets Consul's index at which it was registered. Default: 0.
     *
     * @param createIndex the index
     * @return this
     */
    public Builder createIndex(long createIndex) {
      this.createIndex = createIndex;
      return this;
    }

    /**
     * Makes the instance.
     *
     * @return what was built
     */
    public ServiceInstance build() {
      return new ServiceInstance(this);
    }
  }
}
