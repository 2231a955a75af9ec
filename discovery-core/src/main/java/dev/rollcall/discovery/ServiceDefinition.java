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
import java.util.function.Supplier;
import java.util.stream.Stream;
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

  private record Values(
      String name,
      String id,
      Optional<String> address,
      int port,
      Map<String, Integer> ports,
      List<String> tags,
      Map<String, String> meta,
      int weight,
      int warningWeight,
      List<HealthCheck> checks) {

    Values {
      tags = List.copyOf(tags);
      meta = Collections.unmodifiableMap(new TreeMap<>(meta));
      checks = List.copyOf(checks);
      if (meta.size() > 64) {
        throw new IllegalArgumentException("meta has more than the 64 pairs that Consul takes");
      }
      ports = Collections.unmodifiableMap(new TreeMap<>(ports));
      if (!ports.isEmpty() && ports.values().stream().filter(each -> each == port).count() != 1) {
        throw new IllegalArgumentException(
            "port "
                + port
                + " must have one name, as other ports of service "
                + name
                + " have names");
      }
      Builder checked =
          named(name).id(id).port(port).tags(tags).weights(weight, warningWeight).checks(checks);
      address.ifPresent(checked::address);
      ports.forEach(checked::namedPort);
      meta.forEach(checked::meta);
    }
  }

  private final Values values;

  private ServiceDefinition(Values values) {
    this.values = values;
  }

  /** {@return the service's name, a DNS label} */
  public String name() {
    return values.name;
  }

  /** {@return the service's id, unique on its agent; {@code name-hostname-port} unless set} */
  public String id() {
    return values.id;
  }

  /**
   * {@return the address at which others reach the service; empty for what the connection says:
   * {@link ConsulOptions#serviceAddress()}, or else the address in {@link
   * ConsulOptions#serviceNetwork()}, or else the local address that routes to the agent, and the
   * agent's own if that is the loopback}
   */
  public Optional<String> address() {
    return values.address;
  }

  /** {@return the service's port, 1 to 65535; its default one if it has ports by name} */
  public int port() {
    return values.port;
  }

  /** {@return ports by name, sorted by it; empty, or with the {@code port} under one name} */
  public Map<String, Integer> ports() {
    return values.ports;
  }

  /** {@return the tags, in the order given} */
  public List<String> tags() {
    return values.tags;
  }

  /** {@return the metadata, sorted by key} */
  public Map<String, String> meta() {
    return values.meta;
  }

  /** {@return the weight of a passing instance, 1 to 65535} */
  public int weight() {
    return values.weight;
  }

  /** {@return the weight of an instance whose worst check warns, 0 to 65535} */
  public int warningWeight() {
    return values.warningWeight;
  }

  /** {@return how Consul learns whether the service is well: by the worst of them; one at least} */
  public List<HealthCheck> checks() {
    return values.checks;
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
   * Begins a definition with what the environment says of the service.
   *
   * @param environment {@code SERVICE_NAME}, and {@code SERVICE_TAGS}, separated by commas; empty
   *     ones count as absent
   * @param defaultName the name where there is no {@code SERVICE_NAME}
   * @return a builder as of {@link #named}
   * @throws IllegalArgumentException one line that names the variable, its value and what is wanted
   */
  public static Builder builder(Map<String, String> environment, String defaultName) {
    String name = environment.getOrDefault("SERVICE_NAME", "").strip();
    Builder builder =
        new Builder(Require.label("SERVICE_NAME", name.isEmpty() ? defaultName : name));
    Stream.of(environment.getOrDefault("SERVICE_TAGS", "").split(",", -1))
        .map(String::strip)
        .filter(tag -> !tag.isEmpty())
        .distinct()
        .forEach(tag -> builder.tags.add(Require.text("SERVICE_TAGS", tag, 255)));
    return builder;
  }

  /**
   * The name of this machine or container, the first label of which a default id holds. Asks no
   * name server where that can be helped.
   *
   * @return not blank
   */
  public static String hostName() {
    return LocalHostName.full();
  }

  /**
   * The check that is a heartbeat, if one is.
   *
   * @return the only one
   */
  public Optional<HealthCheck.Ttl> heartbeat() {
    return values.checks.stream()
        .filter(HealthCheck.Ttl.class::isInstance)
        .map(HealthCheck.Ttl.class::cast)
        .findFirst();
  }

  /**
   * What the service says of its own health; see {@link HealthCheck.Ttl#reporting}.
   *
   * @return empty if it has no heartbeat, or one that only says that the process is alive
   */
  public Optional<Supplier<HealthReport>> reportedHealth() {
    return heartbeat().filter(HealthCheck.Ttl::isReporting).map(HealthCheck.Ttl::report);
  }

  /**
   * The same definition with other weights.
   *
   * @param passing of a passing instance, 1 to 65535
   * @param warning of one whose worst check warns, 0 to 65535
   * @return a new definition
   */
  public ServiceDefinition weights(int passing, int warning) {
    return new ServiceDefinition(
        new Values(
            values.name,
            values.id,
            values.address,
            values.port,
            values.ports,
            values.tags,
            values.meta,
            passing,
            warning,
            values.checks));
  }

  /**
   * The same definition with other tags.
   *
   * @param others as in {@link Builder#tags}
   * @return a new definition
   */
  public ServiceDefinition tags(List<String> others) {
    return new ServiceDefinition(
        new Values(
            values.name,
            values.id,
            values.address,
            values.port,
            values.ports,
            others,
            values.meta,
            values.weight,
            values.warningWeight,
            values.checks));
  }

  @Override
  public String toString() {
    return "ServiceDefinition["
        + values.name
        + ", "
        + values.id
        + ", "
        + values.address.orElse("")
        + ":"
        + values.port
        + "]";
  }

  /** Builds a {@link ServiceDefinition}. Not thread-safe. Every setter checks its argument. */
  public static final class Builder {
    private final String name;
    private final List<String> tags = new ArrayList<>();
    private final Map<String, String> meta = new TreeMap<>();
    private final Map<String, Integer> ports = new TreeMap<>();
    private @Nullable String id;
    private Optional<String> address = Optional.empty();
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
      this.address = Optional.of(Require.address("address", address));
      return this;
    }

    /**
     * Sets the port. Required, unless ports have names.
     *
     * @param port the port that is bound, 1 to 65535
     * @return this
     */
    public Builder port(int port) {
      this.port = Require.between("port", port, 1, 65_535);
      return this;
    }

    /**
     * Adds a port by name, which Consul has from 1.22 on: one before that refuses the registration,
     * and says so. The default port needs a name then too: it is the first that is named, unless
     * {@link #port(int)} says another one.
     *
     * @param name unique in the service: letters, digits, {@code -} and {@code _}
     * @param port 1 to 65535, under one name only
     * @return this
     */
    public Builder namedPort(String name, int port) {
      Require.between("port " + Require.simpleName("port", name), port, 1, 65_535);
      ports.put(name, port);
      this.port = this.port == 0 ? port : this.port;
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
     * Sets the only check: a heartbeat with the default time to live that says how the service
     * itself finds that it is. Short for {@code check(HealthCheck.ttl(15 s).reporting(health))}.
     *
     * @param health as in {@link HealthCheck.Ttl#reporting}
     * @return this
     */
    public Builder health(Supplier<HealthReport> health) {
      return check(HealthCheck.ttl(DEFAULT_TTL).reporting(health));
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
     * @throws IllegalArgumentException if the port was not set, or others have names and it has
     *     none
     */
    public ServiceDefinition build() {
      Require.between("port", port, 1, 65_535);
      String known = id != null ? id : name + "-" + LocalHostName.get() + "-" + port;
      return new ServiceDefinition(
          new Values(name, known, address, port, ports, tags, meta, weight, warningWeight, checks));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ServiceDefinition that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }
}
