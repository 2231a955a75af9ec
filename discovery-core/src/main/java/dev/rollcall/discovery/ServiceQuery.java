package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.net.Require;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What to watch: by default the passing instances of one service. Immutable; each method that takes
 * an argument, and {@link #viaCache()}, {@link #confirmingEmpty()} and {@link #withProxies()}, give
 * a changed copy.
 *
 * <pre>{@code
 * ServiceQuery.service("web").tag("blue").consistency(Consistency.STALE).confirmingEmpty()
 * }</pre>
 *
 * @see <a
 *     href="https://developer.hashicorp.com/consul/api-docs/health#list-service-instances-for-service">List
 *     service instances</a>
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/filtering">Consul's filter
 *     language</a>
 */
public final class ServiceQuery {

  private static final Pattern LABEL =
      Pattern.compile(
          "(?<service>[^:@]*)(?::(?<port>[^:@]*))?(?:@(?:(?<peer>[^:@]*)\\.peer|(?<datacenter>[^:@]*)))?");

  private record Values(
      String service,
      HealthStatus worst,
      List<String> tags,
      Optional<String> filter,
      Optional<String> datacenter,
      Optional<String> peer,
      Optional<String> port,
      Optional<String> taggedAddress,
      boolean proxies,
      Optional<String> near,
      Consistency consistency,
      boolean cached,
      boolean confirmEmpty) {

    Values {
      Require.queryableName("service", service);
      tags = tags.stream().map(tag -> Require.text("tag", tag, 255)).distinct().sorted().toList();
      filter.ifPresent(expression -> Require.text("filter", expression, 4096));
      datacenter.ifPresent(name -> Require.simpleName("datacenter", name));
      peer.ifPresent(name -> Require.simpleName("peer", name));
      port.ifPresent(name -> Require.simpleName("port", name));
      taggedAddress.ifPresent(name -> Require.simpleName("tagged address", name));
      near.ifPresent(name -> Require.nodeName("near", name));
      if (cached && consistency == Consistency.CONSISTENT) {
        throw new IllegalArgumentException("a consistent answer can't come from the agent's cache");
      }
      if (datacenter.isPresent() && peer.isPresent()) {
        throw new IllegalArgumentException(
            "a peer's services are known in the agent's own datacenter: name a peer or a datacenter");
      }
    }
  }

  private final Values values;

  private ServiceQuery(Values values) {
    this.values = values;
  }

  /**
   * {@return the service's name: letters, digits, {@code - . _}, at most 128; in whatever case, as
   * Consul has it}
   */
  public String service() {
    return values.service;
  }

  /**
   * {@return the worst health in which instances are found; {@link HealthStatus#CRITICAL} finds
   * all, those in {@link HealthStatus#MAINTENANCE} included}
   */
  public HealthStatus worst() {
    return values.worst;
  }

  /** {@return the tags that an instance must all have, spelled exactly so; sorted} */
  public List<String> tags() {
    return values.tags;
  }

  /** {@return an expression in Consul's filter language that an instance must match as well} */
  public Optional<String> filter() {
    return values.filter;
  }

  /** {@return the datacenter to look in; empty for the agent's own} */
  public Optional<String> datacenter() {
    return values.datacenter;
  }

  /**
   * {@return the cluster peer of which the imported instances are wanted; empty for the cluster's
   * own. A peer's instances are known in the agent's own datacenter}
   */
  public Optional<String> peer() {
    return values.peer;
  }

  /**
   * {@return the name of the port that is wanted, of those that an instance has by name; empty for
   * its default one}
   */
  public Optional<String> port() {
    return values.port;
  }

  /**
   * {@return the name of the address that is wanted, such as {@code wan}; an instance that has none
   * of that name is found at its plain one}
   */
  public Optional<String> taggedAddress() {
    return values.taggedAddress;
  }

  /**
   * {@return whether sidecar proxies and gateways that are registered under the service's name are
   * found too}
   */
  public boolean proxies() {
    return values.proxies;
  }

  /**
   * {@return the node, or {@code _agent}, from which to sort by round-trip time; empty to sort by
   * id}
   */
  public Optional<String> near() {
    return values.near;
  }

  /** {@return how far an answer may lag} */
  public Consistency consistency() {
    return values.consistency;
  }

  /** {@return whether the agent answers from its cache, which it keeps fresh in the background} */
  public boolean cached() {
    return values.cached;
  }

  /**
   * {@return whether an answer without instances, where there were some, is believed only after a
   * second, consistent one has said the same}
   */
  public boolean confirmEmpty() {
    return values.confirmEmpty;
  }

  /**
   * Whether an instance in this health is found.
   *
   * @param status the instance's health
   * @return true unless it is worse than {@link #worst()} allows
   */
  public boolean finds(HealthStatus status) {
    return values.worst.compareTo(HealthStatus.CRITICAL) >= 0
        || status.compareTo(values.worst) <= 0;
  }

  /**
   * What names it in messages, health and metrics: the service, its port after a colon, and where
   * it is after an at sign: {@code web}, {@code web:grpc}, {@code web@dc2}, {@code web@east.peer}.
   * It does not say which of the instances are wanted.
   *
   * @return one word, which {@link #parse} reads
   */
  public String label() {
    return values.service
        + values.port.map(name -> ":" + name).orElse("")
        + values.datacenter.map(name -> "@" + name).orElse("")
        + values.peer.map(name -> "@" + name + ".peer").orElse("");
  }

  /**
   * The passing instances of a service.
   *
   * @param name the service's name
   * @return the query
   */
  public static ServiceQuery service(String name) {
    Optional<String> none = Optional.empty();
    return new ServiceQuery(
        new Values(
            name,
            HealthStatus.PASSING,
            List.of(),
            none,
            none,
            none,
            none,
            none,
            false,
            none,
            Consistency.DEFAULT,
            false,
            false));
  }

  /**
   * The passing instances of a service, of which one word says the port and the place.
   *
   * @param label as of {@link #label()}
   * @return the query
   * @throws IllegalArgumentException if it is no label; one line
   */
  public static ServiceQuery parse(String label) {
    Matcher parts = LABEL.matcher(label);
    if (!parts.matches()) {
      throw Require.wrong(
          "service", label, "SERVICE, SERVICE:PORT, SERVICE@DATACENTER or SERVICE@PEER.peer");
    }
    Draft draft = service(parts.group("service")).draft();
    draft.port = Optional.ofNullable(parts.group("port"));
    draft.datacenter = Optional.ofNullable(parts.group("datacenter"));
    draft.peer = Optional.ofNullable(parts.group("peer"));
    return draft.query();
  }

  /**
   * Finds instances in worse health too; with {@link HealthStatus#CRITICAL} or {@link
   * HealthStatus#MAINTENANCE} all. Default {@link HealthStatus#PASSING}.
   *
   * @param status the worst health that is found
   * @return a new query
   */
  public ServiceQuery worst(HealthStatus status) {
    Draft draft = draft();
    draft.worst = status;
    return draft.query();
  }

  /**
   * Finds only instances that have this tag, and those asked for before.
   *
   * @param tag the exact tag
   * @return a new query
   */
  public ServiceQuery tag(String tag) {
    Draft draft = draft();
    draft.tags = Stream.concat(values.tags.stream(), Stream.of(tag)).toList();
    return draft.query();
  }

  /**
   * Finds only instances that match an expression, such as {@code Service.Meta.version == "2"}.
   *
   * @param expression in Consul's filter language; a wrong one is a failure of the watch, which
   *     tells what Consul says of it
   * @return a new query
   */
  public ServiceQuery filter(String expression) {
    Draft draft = draft();
    draft.filter = Optional.of(expression);
    return draft.query();
  }

  /**
   * Looks in a datacenter. Default: the agent's own.
   *
   * @param name the datacenter's name: letters, digits, {@code -} and {@code _}
   * @return a new query
   */
  public ServiceQuery datacenter(String name) {
    Draft draft = draft();
    draft.datacenter = Optional.of(name);
    return draft.query();
  }

  /**
   * Finds the instances that a cluster peer has exported to this cluster. Default: those of the
   * cluster itself. An agent before 1.13 does not know of peers and answers with its own instances:
   * they are left out, and {@link Watched#leftOut()} names them. Of a peer that it does not know
   * Consul finds nothing, and that is no failure.
   *
   * @param name the peer's name: letters, digits, {@code -} and {@code _}
   * @return a new query
   * @see <a href="https://developer.hashicorp.com/consul/docs/east-west/cluster-peering">Cluster
   *     peering</a>
   */
  public ServiceQuery peer(String name) {
    Draft draft = draft();
    draft.peer = Optional.of(name);
    return draft.query();
  }

  /**
   * Finds the instances that have a port of this name, with that port. Default: all, with their
   * default port. Instances have ports by name from Consul 1.22 on.
   *
   * @param name the port's name: letters, digits, {@code -} and {@code _}
   * @return a new query
   */
  public ServiceQuery port(String name) {
    Draft draft = draft();
    draft.port = Optional.of(name);
    return draft.query();
  }

  /**
   * Finds each instance at its address of this name, and at that one's port unless a port is named:
   * the service's tagged address; or its node's, if the service has no address of its own; or else
   * the plain one. Default: the plain one.
   *
   * @param name such as {@code lan}, {@code wan} or {@code lan_ipv6}: letters, digits, {@code -}
   *     and {@code _}
   * @return a new query
   */
  public ServiceQuery taggedAddress(String name) {
    Draft draft = draft();
    draft.taggedAddress = Optional.of(name);
    return draft.query();
  }

  /**
   * Finds sidecar proxies and gateways that are registered under the service's name too: what has a
   * {@code Kind}. By default they are left out, and {@link Watched#leftOut()} names them.
   *
   * @return a new query
   */
  public ServiceQuery withProxies() {
    Draft draft = draft();
    draft.proxies = true;
    return draft.query();
  }

  /**
   * Sorts by the round-trip time from a node, nearest first, also when the nearest fails; {@link
   * Snapshot#instances()} then has that order. Default: by id.
   *
   * @param node a node's name, or {@code _agent} for that of the agent
   * @return a new query
   */
  public ServiceQuery near(String node) {
    Draft draft = draft();
    draft.near = Optional.of(node);
    return draft.query();
  }

  /**
   * Sets how far an answer may lag. Default {@link Consistency#DEFAULT}.
   *
   * @param mode the mode
   * @return a new query
   */
  public ServiceQuery consistency(Consistency mode) {
    Draft draft = draft();
    draft.consistency = mode;
    return draft.query();
  }

  /**
   * Lets the agent answer from its cache, so that many watches on one machine cost the servers one.
   * A cache that has lost the servers is told by {@link Watched#stale()} and {@link Watched#age()}.
   *
   * @return a new query
   */
  public ServiceQuery viaCache() {
    Draft draft = draft();
    draft.cached = true;
    return draft.query();
  }

  /**
   * Guards against an answer that is empty by mistake: where there were instances and now are none,
   * Consul is asked again, past every cache and lagging server, and only that answer counts. If it
   * cannot be had, the last snapshot stays and is {@linkplain Watch#stale() stale}.
   *
   * @return a new query
   */
  public ServiceQuery confirmingEmpty() {
    Draft draft = draft();
    draft.confirmEmpty = true;
    return draft.query();
  }

  private Draft draft() {
    return new Draft(this);
  }

  /** A copy that is being changed. */
  private static final class Draft {
    private final String service;
    private HealthStatus worst;
    private List<String> tags;
    private Optional<String> filter;
    private Optional<String> datacenter;
    private Optional<String> peer;
    private Optional<String> port;
    private Optional<String> taggedAddress;
    private boolean proxies;
    private Optional<String> near;
    private Consistency consistency;
    private boolean cached;
    private boolean confirmEmpty;

    Draft(ServiceQuery from) {
      service = from.values.service;
      worst = from.values.worst;
      tags = from.values.tags;
      filter = from.values.filter;
      datacenter = from.values.datacenter;
      peer = from.values.peer;
      port = from.values.port;
      taggedAddress = from.values.taggedAddress;
      proxies = from.values.proxies;
      near = from.values.near;
      consistency = from.values.consistency;
      cached = from.values.cached;
      confirmEmpty = from.values.confirmEmpty;
    }

    ServiceQuery query() {
      return new ServiceQuery(
          new Values(
              service,
              worst,
              tags,
              filter,
              datacenter,
              peer,
              port,
              taggedAddress,
              proxies,
              near,
              consistency,
              cached,
              confirmEmpty));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ServiceQuery that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString().replaceFirst("Values", "ServiceQuery");
  }
}
