package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.DaemonThreads;
import dev.rollcall.discovery.internal.net.AgentAddress;
import dev.rollcall.discovery.internal.net.CidrNetwork;
import dev.rollcall.discovery.internal.net.Require;
import dev.rollcall.discovery.internal.tls.ReloadingSslContext;
import dev.rollcall.discovery.internal.tls.SafeTokenSupplier;
import dev.rollcall.discovery.internal.tls.TokenFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

/**
 * Where Consul is and how to speak with it. Immutable; never shows the token.
 *
 * <p>{@link #fromEnvironment()} reads the variables that the {@code consul} command reads: {@code
 * CONSUL_HTTP_ADDR} ({@code host:port}, {@code http://host:port}, {@code https://host:port} or
 * {@code unix:///path}; default {@code 127.0.0.1:8500}; several, separated by commas, for {@link
 * Builder#addresses(List) several agents}), {@code CONSUL_HTTP_SSL}, {@code CONSUL_HTTP_TOKEN} and
 * {@code CONSUL_HTTP_TOKEN_FILE}, which wins over the token and is read anew for each request, so
 * that a token is rotated by writing the file; and for TLS {@code CONSUL_CACERT}, {@code
 * CONSUL_CAPATH}, {@code CONSUL_CLIENT_CERT}, {@code CONSUL_CLIENT_KEY}, {@code
 * CONSUL_TLS_SERVER_NAME} and {@code CONSUL_HTTP_SSL_VERIFY}: see {@link TlsOptions}; and {@code
 * CONSUL_HTTP_AUTH}, {@code user:password} for a proxy before Consul; and {@code CONSUL_NAMESPACE}
 * and {@code CONSUL_PARTITION}, of Consul Enterprise. For each other one that the command reads,
 * such as {@code CONSUL_GRPC_ADDR}, one line in the log says that it is not used. And {@code
 * SERVICE_ADDRESS}, {@code SERVICE_NETWORK} and {@code SERVICE_PORT}, which say where others reach
 * this process, and which {@code consul} knows not: see {@link Builder#serviceAddress}, {@link
 * Builder#serviceNetwork} and {@link Builder#servicePort}.
 *
 * <p>Thread-safe.
 *
 * @see <a href="https://developer.hashicorp.com/consul/commands#environment-variables">Consul's
 *     environment variables</a>
 */
public final class ConsulOptions {

  private static final Duration TOKEN_TIMEOUT = Duration.ofSeconds(1);

  private final List<URI> addresses;
  private final Supplier<Optional<String>> token;
  private final TlsOptions tls;
  private final Optional<SSLContext> sslContext;
  private final Optional<String> basicAuth;
  private final Optional<String> namespace;
  private final Optional<String> partition;
  private final Duration waitTime;
  private final Duration connectTimeout;
  private final Duration callTimeout;
  private final Duration leaveTimeout;
  private final int answerLimit;
  private final int connections;
  private final Optional<String> serviceAddress;
  private final Optional<String> serviceNetwork;
  private final OptionalInt servicePort;
  private final DiscoveryListener listener;
  private final Optional<Executor> listenerExecutor;

  private ConsulOptions(Builder from) {
    addresses = from.addresses;
    token = from.token;
    tls = from.tls;
    sslContext = from.sslContext;
    basicAuth = from.basicAuth;
    namespace = from.namespace;
    partition = from.partition;
    waitTime = from.waitTime;
    connectTimeout = from.connectTimeout;
    callTimeout = from.callTimeout;
    leaveTimeout = from.leaveTimeout;
    answerLimit = from.answerLimit;
    connections = from.connections;
    serviceAddress = from.serviceAddress;
    serviceNetwork = from.serviceNetwork;
    servicePort = from.servicePort;
    listener = from.listener;
    listenerExecutor = from.listenerExecutor;
  }

  /**
   * The options of this process's environment, the rest at its defaults.
   *
   * @return the options
   * @throws IllegalArgumentException if a variable is wrong; the message is one line that names the
   *     variable, its value and what is wanted
   */
  public static ConsulOptions fromEnvironment() {
    return fromEnvironment(System.getenv());
  }

  /**
   * The options of the given environment, the rest at its defaults.
   *
   * @param environment variables and their values; empty ones count as absent
   * @return the options
   * @throws IllegalArgumentException as {@link #fromEnvironment()}
   */
  public static ConsulOptions fromEnvironment(Map<String, String> environment) {
    return builder(environment).build();
  }

  /**
   * A builder that starts from the given environment, for those who set more than it holds.
   *
   * @param environment variables and their values, such as {@link System#getenv()}
   * @return a builder
   * @throws IllegalArgumentException as {@link #fromEnvironment()}
   */
  public static Builder builder(Map<String, String> environment) {
    return ConsulEnvironment.apply(environment, builder());
  }

  /**
   * A builder with every default.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The agent's address; the first one if there are several.
   *
   * @return an http or https URI with host and port, or that of a Unix socket
   */
  public URI address() {
    return addresses.get(0);
  }

  /**
   * The agents of one cluster.
   *
   * @return one or more http, https or unix URIs, in the order of preference
   */
  public List<URI> addresses() {
    return addresses;
  }

  /**
   * The source of the ACL token.
   *
   * @return called at each request
   */
  public Supplier<Optional<String>> token() {
    return token;
  }

  /**
   * The certificates and rules of an https address.
   *
   * @return the options
   */
  public TlsOptions tls() {
    return tls;
  }

  /**
   * What makes TLS connections in place of the files of {@link #tls()}.
   *
   * @return empty for these files
   */
  public Optional<SSLContext> sslContext() {
    return sslContext;
  }

  /**
   * What a proxy before Consul is told of who asks.
   *
   * @return {@code user:password}
   */
  public Optional<String> basicAuth() {
    return basicAuth;
  }

  /**
   * The namespace of everything that is asked for and registered (Enterprise only).
   *
   * @return empty for that of the token
   */
  public Optional<String> namespace() {
    return namespace;
  }

  /**
   * The admin partition of everything that is asked for and registered (Enterprise only).
   *
   * @return empty for the agent's own
   */
  public Optional<String> partition() {
    return partition;
  }

  /**
   * How long a blocking query waits for a change; Consul adds up to a sixteenth.
   *
   * @return 1 s to 10 min
   */
  public Duration waitTime() {
    return waitTime;
  }

  /**
   * The bound of one connection attempt.
   *
   * @return 1 ms to 1 min
   */
  public Duration connectTimeout() {
    return connectTimeout;
  }

  /**
   * The bound of a call that does not block, once it is connected.
   *
   * @return 1 ms to 1 min
   */
  public Duration callTimeout() {
    return callTimeout;
  }

  /**
   * The bound of {@link Registration#leave()}.
   *
   * @return 1 ms to 1 min
   */
  public Duration leaveTimeout() {
    return leaveTimeout;
  }

  /**
   * The longest answer that is read.
   *
   * @return bytes
   */
  public int answerLimit() {
    return answerLimit;
  }

  /**
   * How many connections to the agent are opened at most.
   *
   * @return 16 to 100000
   */
  public int connections() {
    return connections;
  }

  /**
   * The address of services whose definition says none.
   *
   * @return an IP address or a host name
   */
  public Optional<String> serviceAddress() {
    return serviceAddress;
  }

  /**
   * The network in which this machine's address is looked for where neither a definition nor {@link
   * #serviceAddress()} says one.
   *
   * @return in CIDR notation
   */
  public Optional<String> serviceNetwork() {
    return serviceNetwork;
  }

  /**
   * The port at which others reach the service of this process, where that is not the one of its
   * definition.
   *
   * @return 1 to 65535
   */
  public OptionalInt servicePort() {
    return servicePort;
  }

  /**
   * Who is told of what the library does.
   *
   * @return called on a thread of its own
   */
  public DiscoveryListener listener() {
    return listener;
  }

  /**
   * What runs the listeners of watches.
   *
   * @return empty for threads of the library
   */
  public Optional<Executor> listenerExecutor() {
    return listenerExecutor;
  }

  @Override
  public String toString() {
    return "ConsulOptions[" + addresses + ", waitTime=" + waitTime + "]";
  }

  /** Builds {@link ConsulOptions}. Not thread-safe. Every setter checks its argument. */
  public static final class Builder {
    private List<URI> addresses = List.of(URI.create("http://127.0.0.1:8500"));
    private Supplier<Optional<String>> token = Optional::empty;
    private TlsOptions tls = TlsOptions.defaults();
    private Optional<SSLContext> sslContext = Optional.empty();
    private Optional<String> basicAuth = Optional.empty();
    private Optional<String> namespace = Optional.empty();
    private Optional<String> partition = Optional.empty();
    private Duration waitTime = Duration.ofSeconds(25);
    private Duration connectTimeout = Duration.ofSeconds(2);
    private Duration callTimeout = Duration.ofSeconds(5);
    private Duration leaveTimeout = Duration.ofSeconds(2);
    private int answerLimit = 16 * 1024 * 1024;
    private int connections = 200;
    private Optional<String> serviceAddress = Optional.empty();
    private Optional<String> serviceNetwork = Optional.empty();
    private OptionalInt servicePort = OptionalInt.empty();
    private DiscoveryListener listener = new DiscoveryListener() {};
    private Optional<Executor> listenerExecutor = Optional.empty();

    private Builder() {}

    /**
     * Sets the agent's address. Default {@code http://127.0.0.1:8500}.
     *
     * @param address an http or https URI with host and port, and a path if Consul lives under one;
     *     or {@code unix:///path} for a Unix socket of an agent on this machine
     * @return this
     */
    public Builder address(URI address) {
      return addresses(List.of(address));
    }

    /**
     * Sets the addresses of several agents of one cluster, in the order of preference. A service is
     * registered with one of them; if that is lost for longer than a heartbeat, with the next one,
     * where it stays. A watch asks the next agent as soon as one gives no usable answer.
     *
     * @param addresses 1 to 16 different ones; as {@link #address(URI)}
     * @return this
     */
    public Builder addresses(List<URI> addresses) {
      List<URI> checked =
          addresses.stream().map(each -> AgentAddress.require("address", each.toString())).toList();
      Require.between("the number of addresses", checked.size(), 1, 16);
      AgentAddress.requireDifferent("address", checked);
      this.addresses = checked;
      return this;
    }

    /**
     * Sets the source of the ACL token. Default: none. While it throws, or has not answered for 1
     * s, the last token that it gave is used; if it never gave one, the request is retried.
     *
     * @param token called at each request, on a thread of its own, never twice at once; empty for
     *     no token
     * @return this
     */
    public Builder token(Supplier<Optional<String>> token) {
      ThreadFactory threads = DaemonThreads.platformFactory("rollcall-token-");
      return trustedToken(
          new SafeTokenSupplier(token, task -> threads.newThread(task).start(), TOKEN_TIMEOUT));
    }

    /**
     * Sets a token that stays the same. Default: none.
     *
     * @param token printable ASCII without spaces
     * @return this
     * @throws IllegalArgumentException if it is no token; the message does not show it
     */
    public Builder token(String token) {
      if (!TokenFile.isToken(token)) {
        throw new IllegalArgumentException("token must be: printable ASCII without spaces");
      }
      return trustedToken(() -> Optional.of(token));
    }

    /**
     * Sets the file that holds the token, which is read anew for each request: the token is rotated
     * by writing the file. Default: none. While the file is absent or unusable, the last token that
     * it held is used; if it never held one, the request is retried.
     *
     * @param file one line; need not be there yet
     * @return this
     */
    public Builder tokenFile(Path file) {
      return trustedToken(new TokenFile(file, Clock.system()));
    }

    /** A source that neither throws what it should not nor takes its time. */
    Builder trustedToken(Supplier<Optional<String>> token) {
      this.token = token;
      return this;
    }

    /**
     * Sets what a proxy before Consul is told of who asks, by HTTP's basic authentication (RFC
     * 7617): use https. Consul itself knows tokens only. Default: nothing.
     *
     * @param user not empty, without a colon; one line
     * @param password one line; may be empty
     * @return this
     */
    public Builder basicAuth(String user, String password) {
      if (user.isEmpty() || user.contains(":") || Require.hasControl(user + password)) {
        throw new IllegalArgumentException(
            "user and password must be: one line each, the user not empty and without a colon");
      }
      this.basicAuth = Optional.of(user + ":" + password);
      return this;
    }

    /**
     * Sets the namespace of everything that is asked for and registered, which Consul Enterprise
     * has; any other Consul refuses each call. Default: that of the token.
     *
     * @param name letters, digits, {@code -} and {@code _}
     * @return this
     * @see <a href="https://developer.hashicorp.com/consul/api-docs/namespaces">Namespaces</a>
     */
    public Builder namespace(String name) {
      this.namespace = Optional.of(Require.simpleName("CONSUL_NAMESPACE", name));
      return this;
    }

    /**
     * Sets the admin partition of everything that is asked for and registered, which Consul
     * Enterprise has; any other Consul refuses each call, and one before 1.11 ignores it. Default:
     * the agent's own.
     *
     * @param name letters, digits, {@code -} and {@code _}
     * @return this
     * @see <a href="https://developer.hashicorp.com/consul/api-docs/admin-partitions">Admin
     *     partitions</a>
     */
    public Builder partition(String name) {
      this.partition = Optional.of(Require.simpleName("CONSUL_PARTITION", name));
      return this;
    }

    /**
     * Sets the certificates and rules of an https address. Default: {@link TlsOptions#defaults()}.
     * {@link #build()} reads the files.
     *
     * @param tls files and rules
     * @return this
     */
    public Builder tls(TlsOptions tls) {
      this.tls = tls;
      return this;
    }

    /**
     * Sets what makes TLS connections, for keys and certificates that are in no file: the CA
     * certificates and the client's key are those of the context, and the files of {@link
     * #tls(TlsOptions)} are not read. Its server name holds all the same, and whether the
     * certificate must hold it ({@link TlsOptions#verify()}). Default: the files.
     *
     * @param context initialized; its owner renews what it holds
     * @return this
     */
    public Builder sslContext(SSLContext context) {
      this.sslContext = Optional.of(context);
      return this;
    }

    /**
     * Sets how long a blocking query waits. Default 25 s. This bounds how old {@link Watch#age()}
     * gets. Keep it below what a proxy before Consul allows, which is often 30 s: Consul adds up to
     * a sixteenth. A wait that a proxy cuts near its end is no failure.
     *
     * @param waitTime 1 s to 10 min
     * @return this
     */
    public Builder waitTime(Duration waitTime) {
      this.waitTime =
          Require.between("waitTime", waitTime, Duration.ofSeconds(1), Duration.ofMinutes(10));
      return this;
    }

    /**
     * Sets the bound of one connection attempt. Default 2 s.
     *
     * @param timeout 1 ms to 1 min
     * @return this
     */
    public Builder connectTimeout(Duration timeout) {
      this.connectTimeout = Require.timeout("connectTimeout", timeout);
      return this;
    }

    /**
     * Sets the bound of a call that does not block, once it is connected. Default 5 s. The first
     * query of a watch does not block, nor does one after a failure; a blocking query may take this
     * much longer than its wait.
     *
     * @param timeout 1 ms to 1 min
     * @return this
     */
    public Builder callTimeout(Duration timeout) {
      this.callTimeout = Require.timeout("callTimeout", timeout);
      return this;
    }

    /**
     * Sets the bound of {@link Registration#leave()}. Default 2 s.
     *
     * @param timeout 1 ms to 1 min
     * @return this
     */
    public Builder leaveTimeout(Duration timeout) {
      this.leaveTimeout = Require.timeout("leaveTimeout", timeout);
      return this;
    }

    /**
     * Sets the longest answer that is read. Default 16 MiB, some ten thousand instances. A longer
     * one is a failure of the watch, which keeps its last snapshot.
     *
     * @param bytes 64 KiB to 1 GiB
     * @return this
     */
    public Builder answerLimit(int bytes) {
      this.answerLimit = Require.between("answerLimit", bytes, 64 * 1024, 1024 * 1024 * 1024);
      return this;
    }

    /**
     * Sets how many connections to the agent are opened at most. Default 200: as many as an agent
     * takes from one address, unless its {@code limits.http_max_conns_per_client} says otherwise.
     * Set less where other processes share the address, as behind one NAT. Four are for
     * registrations and heartbeats and two in reserve; each watched query holds one of the rest but
     * three. Over these the queries for which there is none are polled, every two seconds or less
     * often, and soon after a check of their service has changed.
     *
     * @param most 16 to 100000
     * @return this
     */
    public Builder connections(int most) {
      this.connections = Require.between("connections", most, 16, 100_000);
      return this;
    }

    /**
     * Sets the address of services whose definition says none. Default: none.
     *
     * @param address an IP address or a host name that others can reach
     * @return this
     */
    public Builder serviceAddress(String address) {
      this.serviceAddress = Optional.of(Require.address("SERVICE_ADDRESS", address));
      return this;
    }

    /**
     * Sets the network, of several that this machine is in, whose address others can reach: that of
     * services whose definition says none, unless {@link #serviceAddress} is set. Default: the
     * address that routes to the agent. It is looked up whenever a service is registered.
     *
     * @param network in CIDR notation, such as {@code 10.0.0.0/8}, with exactly one of this
     *     machine's addresses in it
     * @return this
     */
    public Builder serviceNetwork(String network) {
      this.serviceNetwork = Optional.of(CidrNetwork.parse(network).toString());
      return this;
    }

    /**
     * Sets the port under which others reach the service of this process, as where a container's
     * port is mapped. It replaces the port of the first service that is registered, also for checks
     * of its own address. Default: the definition's port.
     *
     * @param port 1 to 65535
     * @return this
     */
    public Builder servicePort(int port) {
      this.servicePort = OptionalInt.of(Require.between("SERVICE_PORT", port, 1, 65_535));
      return this;
    }

    /**
     * Sets who is told of what the library does. Default: nobody.
     *
     * @param listener told of one event after the other, on a thread of its own
     * @return this
     */
    public Builder listener(DiscoveryListener listener) {
      this.listener = listener;
      return this;
    }

    /**
     * Sets what runs the listeners of watches, such as a pool of the application's own. Default:
     * threads of the library. If it refuses a task, a thread of the library runs the listener, and
     * the log says so once.
     *
     * @param executor must not drop tasks
     * @return this
     */
    public Builder listenerExecutor(Executor executor) {
      this.listenerExecutor = Optional.of(executor);
      return this;
    }

    /**
     * Makes the options. Reads the files of {@link #tls(TlsOptions)} and looks up this machine's
     * addresses, so that a service that starts with wrong options may refuse to.
     *
     * @return what was built
     * @throws IllegalArgumentException if a file of TLS is missing or does not hold what it should,
     *     one line that names it by its variable and tells what is wanted; or if this machine has
     *     no address in the {@link #serviceNetwork}, or several; one line that tells which
     */
    public ConsulOptions build() {
      // Without files of its own there is nothing to find wrong, and whoever speaks http needs none
      // of the JVM's certificates: reading them takes 0.1 s and two megabytes.
      if (sslContext.isEmpty() && !tls.equals(TlsOptions.defaults())) {
        try {
          new ReloadingSslContext(
                  tls.caFile(),
                  tls.caPath(),
                  tls.clientCertificate(),
                  tls.clientKey(),
                  tls.serverName(),
                  tls.verify())
              .context();
        } catch (IOException e) {
          throw new IllegalArgumentException(e.getMessage(), e);
        }
      }
      if (serviceAddress.isEmpty()) {
        // It is looked up again when a service is registered.
        serviceNetwork
            .map(CidrNetwork::parse)
            .ifPresent(network -> network.only(CidrNetwork.localAddresses(), Optional.empty()));
      }
      return new ConsulOptions(this);
    }
  }
}
