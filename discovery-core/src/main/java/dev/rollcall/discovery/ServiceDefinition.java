package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.HostName;
import dev.rollcall.discovery.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A service to register. Immutable; made by {@link #named(String)}.
 *
 * <pre>{@code
 * ServiceDefinition.named("web").port(8080).tag("java").build()
 * }</pre>
 *
 * @see <a href="https://developer.hashicorp.com/consul/docs/reference/service">Consul's service
 *     definition</a>
 */
public final class ServiceDefinition {

  private static final Duration DEFAULT_TTL = Duration.ofSeconds(15);

  private final String name;
  private final String id;
  private final @Nullable String address;
  private final int port;
  private final List<String> tags;
  private final Map<String, String> meta;
  private final int weight;
  private final HealthCheck check;

  private ServiceDefinition(Builder builder) {
    name = builder.name;
    port = Require.between("port", builder.port, 1, 65_535);
    id = Require.id(builder.id != null ? builder.id : defaultId(name, port));
    address = builder.address;
    tags = List.copyOf(builder.tags);
    if (builder.meta.size() > 64) {
      throw new IllegalArgumentException("meta has more than the 64 pairs that Consul takes");
    }
    meta = Collections.unmodifiableMap(new TreeMap<>(builder.meta));
    weight = builder.weight;
    check = builder.check;
  }

  private static String defaultId(String name, int port) {
    return name + "-" + HostName.get() + "-" + port;
  }

  /**
   * Begins a definition.
   *
   * @param name the service's name, a DNS label: letters, digits and {@code -}, at most 63
   * @return a builder with every default; only the {@linkplain Builder#port port} is missing
   * @throws IllegalArgumentException if the name is no DNS label
   */
  public static Builder named(String name) {
    return new Builder(Require.label("service name", name));
  }

  /**
   * The service's name.
   *
   * @return a DNS label
   */
  public String name() {
    return name;
  }

  /**
   * The service's id, unique on its agent.
   *
   * @return the id; {@code name-hostname-port} unless set
   */
  public String id() {
    return id;
  }

  /**
   * The address at which others reach the service.
   *
   * @return the address, or empty for the local address that routes to the agent, and the agent's
   *     own if that is the loopback
   */
  public Optional<String> address() {
    return Optional.ofNullable(address);
  }

  /**
   * The service's port.
   *
   * @return 1 to 65535
   */
  public int port() {
    return port;
  }

  /**
   * The tags.
   *
   * @return immutable, in the order given
   */
  public List<String> tags() {
    return tags;
  }

  /**
   * The metadata.
   *
   * @return immutable, sorted by key
   */
  public Map<String, String> meta() {
    return meta;
  }

  /**
   * The weight of a passing instance.
   *
   * @return 1 to 65535
   */
  public int weight() {
    return weight;
  }

  /**
   * How Consul learns whether the service is well.
   *
   * @return the check
   */
  public HealthCheck check() {
    return check;
  }

  @Override
  public String toString() {
    return "ServiceDefinition[" + name + ", " + id + ", " + address().orElse("") + ":" + port + "]";
  }

  /** Builds a {@link ServiceDefinition}. Not thread-safe. Every setter checks its argument. */
  public static final class Builder {
    private final String name;
    private final List<String> tags = new ArrayList<>();
    private final Map<String, String> meta = new TreeMap<>();
    private @Nullable String id;
    private @Nullable String address;
    private int port;
    private int weight = 1;
    private HealthCheck check = HealthCheck.ttl(DEFAULT_TTL);

    private Builder(String name) {
      this.name = name;
    }

    /**
     * Sets the id. Default: {@code name-hostname-port}.
     *
     * @param id unique on the agent: letters, digits and {@code . _ : -}, at most 255
     * @return this
     */
    public Builder id(String id) {
      this.id = Require.id(id);
      return this;
    }

    /**
     * Sets the address. Default: the local address that routes to the agent.
     *
     * @param address an IP address or a host name that others can reach
     * @return this
     */
    public Builder address(String address) {
      this.address = Require.address(address);
      return this;
    }

    /**
     * Sets the port. Required.
     *
     * @param port the port that is bound, 1 to 65535
     * @return this
     */
    public Builder port(int port) {
      this.port = Require.between("port", port, 1, 65_535);
      return this;
    }

    /**
     * Adds a tag.
     *
     * @param tag not blank, no control characters, at most 255 characters
     * @return this
     */
    public Builder tag(String tag) {
      tags.add(Require.text("tag", tag, 255));
      return this;
    }

    /**
     * Adds tags.
     *
     * @param tags each as in {@link #tag}
     * @return this
     */
    public Builder tags(List<String> tags) {
      tags.forEach(this::tag);
      return this;
    }

    /**
     * Sets one pair of metadata. Consul takes 64 of them.
     *
     * @param key letters, digits, {@code _ -}, at most 128
     * @param value no control characters, at most 512 characters, may be empty
     * @return this
     */
    public Builder meta(String key, String value) {
      meta.put(Require.metaKey(key), Require.metaValue(key, value));
      return this;
    }

    /**
     * Sets the weight of a passing instance. Default 1.
     *
     * @param weight 1 to 65535
     * @return this
     */
    public Builder weight(int weight) {
      this.weight = Require.between("weight", weight, 1, 65_535);
      return this;
    }

    /**
     * Sets the check. Default: {@code HealthCheck.ttl(15 s)}.
     *
     * @param check how Consul learns whether the service is well
     * @return this
     */
    public Builder check(HealthCheck check) {
      this.check = check;
      return this;
    }

    /**
     * Makes the definition.
     *
     * @return what was built
     * @throws IllegalArgumentException if the port was not set
     */
    public ServiceDefinition build() {
      return new ServiceDefinition(this);
    }
  }
}
