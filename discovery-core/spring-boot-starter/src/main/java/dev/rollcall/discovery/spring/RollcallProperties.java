package dev.rollcall.discovery.spring;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties of the starter. What has no default here is left as the environment variables of
 * discovery-core say, such as {@code CONSUL_HTTP_ADDR}, or else as its own defaults say.
 *
 * @param enabled Whether to register in Consul and to find services there.
 * @param consul where Consul is
 * @param service what is registered
 * @param shutdown how the application leaves
 * @param discovery how Spring Cloud finds instances
 */
@ConfigurationProperties("rollcall")
record RollcallProperties(
    @DefaultValue("true") boolean enabled,
    @DefaultValue Consul consul,
    @DefaultValue Service service,
    @DefaultValue Shutdown shutdown,
    @DefaultValue Discovery discovery) {

  /**
   * Where Consul is and how to speak with it.
   *
   * @param addresses Addresses of one or more agents of one cluster, such as http://127.0.0.1:8500.
   *     Default: CONSUL_HTTP_ADDR, else http://127.0.0.1:8500.
   * @param token ACL token. Default: CONSUL_HTTP_TOKEN, else none.
   * @param tokenFile File that holds the ACL token, read for each request; wins over the token.
   *     Default: CONSUL_HTTP_TOKEN_FILE, else none.
   * @param sslBundle Name of the SSL bundle for https addresses. Default: the files that
   *     CONSUL_CACERT and the like name.
   * @param namespace Namespace of Consul Enterprise. Default: CONSUL_NAMESPACE, else that of the
   *     token.
   * @param partition Admin partition of Consul Enterprise. Default: CONSUL_PARTITION, else that of
   *     the agent.
   * @param waitTime How long a blocking query waits for a change.
   * @param connectTimeout Bound of one connection attempt.
   * @param callTimeout Bound of a call that does not block.
   * @param connections How many connections to the agent are opened at most.
   */
  record Consul(
      @Nullable List<URI> addresses,
      @Nullable String token,
      @Nullable Path tokenFile,
      @Nullable String sslBundle,
      @Nullable String namespace,
      @Nullable String partition,
      @DefaultValue("25s") Duration waitTime,
      @DefaultValue("2s") Duration connectTimeout,
      @DefaultValue("5s") Duration callTimeout,
      @DefaultValue("200") int connections) {}

  /**
   * What is registered.
   *
   * @param register Whether to register the application.
   * @param name Name of the service, a DNS label. Default: spring.application.name.
   * @param id Id, unique on the agent. Default: name, host name and port.
   * @param address Address at which others reach the application. Default: SERVICE_ADDRESS, else
   *     the local address that routes to the agent.
   * @param network Network in CIDR notation in which the address is looked for, where the machine
   *     is in several. Default: SERVICE_NETWORK, else none.
   * @param port Port. Default: the one on which the web server listens. SERVICE_PORT replaces
   *     either, as where a container's port is mapped.
   * @param tags Tags.
   * @param meta Metadata by key.
   * @param weight Weight of a passing instance.
   * @param warningWeight Weight of an instance whose health warns.
   * @param ttl How long one heartbeat holds; three are sent within it.
   * @param deregisterAfter How long the check is critical before Consul removes the instance.
   * @param healthGroup Health group of Actuator whose status the heartbeat reports, such as
   *     readiness. Default: none; it reports the readiness and liveness state of the application.
   */
  record Service(
      @DefaultValue("true") boolean register,
      @Nullable String name,
      @Nullable String id,
      @Nullable String address,
      @Nullable String network,
      @Nullable Integer port,
      @DefaultValue List<String> tags,
      @DefaultValue Map<String, String> meta,
      @DefaultValue("1") int weight,
      @DefaultValue("1") int warningWeight,
      @DefaultValue("15s") Duration ttl,
      @DefaultValue("1m") Duration deregisterAfter,
      @Nullable String healthGroup) {}

  /**
   * How the application leaves.
   *
   * @param leaveTimeout How long to wait for Consul to confirm that the instance is removed.
   * @param quietPeriod How long no request must have come before the server is stopped.
   * @param drainLimit How long to wait at most until no request comes.
   * @param ignoredPaths Paths whose requests are not counted, as health checks never cease; each
   *     with all below it. Default: the base path of Actuator, /livez and /readyz.
   */
  record Shutdown(
      @DefaultValue("2s") Duration leaveTimeout,
      @DefaultValue("2s") Duration quietPeriod,
      @DefaultValue("5s") Duration drainLimit,
      @Nullable List<String> ignoredPaths) {}

  /**
   * How Spring Cloud finds instances.
   *
   * @param enabled Whether there is a DiscoveryClient.
   * @param order Order among the discovery clients.
   * @param watches How many services are watched at most; those beyond it are read from Consul at
   *     each call.
   */
  record Discovery(
      @DefaultValue("true") boolean enabled,
      @DefaultValue("0") int order,
      @DefaultValue("100") int watches) {}
}
