package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.net.LocalHostName;
import dev.rollcall.discovery.internal.net.Require;
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
  private final int warningWeight;
  private final List<HealthCheck> checks;

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
    warningWeight = builder.warningWeight;
    checks = builder.checks;
  }

  private static String defaultId(String name, int port) {
    return name + "-" + LocalHostName.get() + "-" + port;
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
   * @return the address, or empty for what the connection says: {@link
   *     ConsulOptions#serviceAddress()}, or else the address in {@link
   *     ConsulOptions#serviceNetwork()}, or else the local address that routes to the agent, and
   *     the agent's own if that is the loopback
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
   * The weight of an instance whose worst check warns.
   *
   * @return 0 to 65535
   */
  public int warningWeight() {
    return warningWeight;
  }

  /**
   * How Consul learns whether the service is well: by the worst of its checks.
   *
   * @return immutable, one at least, in the order given
   */
  public List<HealthCheck> checks() {
    return checks;
  }

  /**
   * The check that is a heartbeat, if one is.
   *
   * @return the only one
   */
  public Optional<HealthCheck.Ttl> heartbeat() {
    return checks.stream()
        .filter(HealthCheck.Ttl.class::isInstance)
        .map(HealthCheck.Ttl.class::cast)
        .findFirst();
  }

  /**
   * The same definition with other weights.
   *
   * @param passing of a passing instance, 1 to 65535
   * @param warning of one whose worst check warns, 0 to 65535
   * @return a new definition
   */
  public ServiceDefinition withWeights(int passing, int warning) {
    return toBuilder().weights(passing, warning).build();
  }

  /**
   * The same definition with other tags.
   *
   * @param others as in {@link Builder#tags}
   * @return a new definition
   */
  public ServiceDefinition withTags(List<String> others) {
    Builder builder = toBuilder();
    builder.tags.clear();
    return builder.tags(others).build();
  }

  private Builder toBuilder() {
    Builder builder = new Builder(name);
    builder.id = id;
    builder.address = address;
    builder.port = port;
    builder.tags.addAll(tags);
    builder.meta.putAll(meta);
    builder.weight = weight;
    builder.warningWeight = warningWeight;
    builder.checks = checks;
    return builder;
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
    private int warningWeight = 1;
    private List<HealthCheck> checks = List.of(HealthCheck.ttl(DEFAULT_TTL));

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
     * Sets the address. Default: as {@link ServiceDefinition#address()} says.
     *
     * @param address an IP address or a host name that others can reach
     * @return this
     */
    public Builder address(String address) {
      this.address = Require.address("address", address);
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
     * Sets both weights. Default 1 and 1.
     *
     * @param passing of a passing instance, 1 to 65535
     * @param warning of one whose worst check warns, 0 to 65535
     * @return this
     */
    public Builder weights(int passing, int warning) {
      weight(passing);
      this.warningWeight = Require.between("warning weight", warning, 0, 65_535);
      return this;
    }

    /**
     * Sets the only check. Default: {@code HealthCheck.ttl(15 s)}.
     *
     * @param check how Consul learns whether the service is well
     * @return this
     */
    public Builder check(HealthCheck check) {
      return checks(List.of(check));
    }

    /**
     * Sets all checks: the service is as well as the worst of them.
     *
     * @param checks 1 to 32, of which at most one is a {@link HealthCheck.Ttl}
     * @return this
     */
    public Builder checks(List<HealthCheck> checks) {
      Require.between("number of checks", checks.size(), 1, 32);
      long heartbeats = checks.stream().filter(HealthCheck.Ttl.class::isInstance).count();
      Require.between("number of TTL checks", (int) heartbeats, 0, 1);
      this.checks = List.copyOf(checks);
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
